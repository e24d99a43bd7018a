"""Throttling without locking anyone out: wrong passwords, too many requests. Private gateways with low limits."""

import pytest

from support.world import PASSWORD, World


@pytest.fixture(scope="module")
def tight(private_gateway):
    """Three failed logins a minute; a small world on it."""
    gateway = private_gateway({"limits.login_attempts_per_minute": 3})
    world = World(gateway, "tight")
    company = world.company("throttled", form=False)
    return world, company


def attempt(world, username, password):
    return world.caller("throttled").post("/v1/login", {"username": username, "password": password})


def fail_until_throttled(world, username):
    for number in range(20):
        answer = attempt(world, username, "wrong")
        assert answer.status in (401, 429)
        if "Retry-After" in answer.headers:
            return number, answer
    pytest.fail("twenty wrong passwords in a row were never slowed down")


def test_over_the_limit_looks_like_wrong_credentials_plus_retry_after(tight):
    world, company = tight
    user = company.add_user("engineer", "-guessed")
    number, answer = fail_until_throttled(world, user["username"])
    assert number >= 3 and int(answer.headers["Retry-After"]) >= 1
    assert answer.message == "Error processing request"
    right = attempt(world, user["username"], PASSWORD)
    assert right.status in (401, 429) and right.message == answer.message, "whether the password was right does not show"


def test_an_unknown_account_looks_the_same(tight):
    world, _ = tight
    number, answer = fail_until_throttled(world, "nobody-ever")
    assert number >= 3 and answer.message == "Error processing request"


def test_who_succeeded_lately_has_a_budget_of_his_own(tight):
    """An attacker's guesses at an account do not lock out the person who works there."""
    world, company = tight
    caller = company.person("engineer", "-working")
    fail = [attempt(world, caller.login_name, "wrong").status for _ in range(3)]
    assert set(fail) == {401}
    world.caller("throttled").login(caller.login_name, PASSWORD)
    caller.get("/v1/me", expect=200)


def test_another_account_is_not_affected(tight):
    world, company = tight
    victim, other = company.add_user("engineer", "-victim"), company.add_user("engineer", "-other")
    fail_until_throttled(world, victim["username"])
    world.caller("throttled").login(other["username"], PASSWORD)


def test_wrong_client_secrets_are_slowed_down_too(tight):
    world, company = tight
    assert company.client
    for _ in range(20):
        answer = world.caller("throttled").client_token(str(company.id), company.client_row["clientId"], "wrong", expect=(400, 401, 429))
        if "Retry-After" in answer.headers:
            return
    pytest.fail("twenty wrong secrets in a row were never slowed down")


def test_too_many_requests_keep_429_in_both_modes(private_gateway):
    gateway = private_gateway({"limits.requests_per_second": 5})
    world = World(gateway, "busy")
    for accept, media in (("application/json", "application/json"), ("application/problem+json", "application/problem+json")):
        for _ in range(400):
            answer = world.operator.get("/api/v1/companies" if media.startswith("application/problem") else "/v1/me", accept=accept)
            if answer.status == 429:
                break
            assert answer.status == 200
        assert answer.status == 429 and answer.media == media and int(answer.headers["Retry-After"]) >= 1
