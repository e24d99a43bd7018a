"""Chromium against the running gateway, with its mails over a real SMTP server."""

import pytest

from support.customers import PostedWorld
from support.webdriver import Browser, Driver


@pytest.fixture(scope="session")
def posted(tmp_path_factory):
    made = PostedWorld(tmp_path_factory.mktemp("browser"), seed="browser")
    yield made
    made.gateway.judge_log()
    made.close()


@pytest.fixture(scope="session")
def driver():
    made = Driver()
    yield made
    made.close()


@pytest.fixture(params=[{"scripts": True}, {"scripts": False}, {"scripts": False, "width": 390}], ids=["desktop", "without scripts", "phone without scripts"])
def browser(request, driver):
    made = Browser(driver, **request.param)
    made.phone = "width" in request.param
    yield made
    made.close()
