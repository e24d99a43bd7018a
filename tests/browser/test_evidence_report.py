"""The report of an evidence pack in Chromium: from a file, without scripts and without network, on a screen and on paper."""

import base64

import pytest

from support.evidence import Pack
from support.world import stamp


@pytest.fixture(scope="module")
def report(posted, tmp_path_factory):
    world, near, far = posted.world, posted.ada, posted.bo
    customer = near.customer("evidence")
    near.authorize(customer, [far])
    case = world.released_case(near, far, customer)
    case.seen_by_receiver()
    case.approve()
    near.compliance.post("/v1/collaboration-requests", {}, expect=(400, 403))
    span = {"from": stamp(-40 * 86_400), "until": stamp(60)}
    made = Pack.of_answer(near.compliance.post("/api/v1/evidence/packs", {**span, "seed": "browser"}, expect=200))
    breach = Pack.of_answer(near.compliance.post("/api/v1/evidence/breaches", {**span, "partner": far.id}, expect=200))
    folder = tmp_path_factory.mktemp("report")
    made.write(folder / "pack")
    breach.write(folder / "breach")
    return folder


def test_it_reads_without_scripts_and_asks_for_nothing(browser, report):
    browser.open(f"file://{report}/pack/report.html")
    assert browser.text("h1") == "Evidence from the support gateway"
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    pictures = browser.find("figure svg[role=img]")
    assert len(pictures) == 4
    width = 390 if browser.phone else 1280
    for picture in pictures:
        assert browser.label(picture) and 200 < browser.rect(picture)["width"] <= width
    bars = [browser.rect(bar) for bar in browser.find("figure svg rect")]
    assert sum(bar["width"] > 1 and bar["height"] > 1 for bar in bars) > 5
    assert len(browser.find("tbody tr")) > 120 and "Art. 17" in browser.text("main")
    browser.open(f"file://{report}/breach/report.html")
    assert browser.text("h1") == "What a partner was shown" and len(browser.find("table")) == 3


def test_it_prints(driver, browser, report):
    for name, pages in (("pack", 4), ("breach", 1)):
        browser.open(f"file://{report}/{name}/report.html")
        paper = base64.b64decode(browser._call("POST", "/print", {"page": {"width": 21.0, "height": 29.7}, "background": True}))
        assert paper.startswith(b"%PDF-") and paper.count(b"/Type /Page\n") >= pages, paper.count(b"/Type /Page\n")
