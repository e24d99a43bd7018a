"""What the gateway says about itself: the contract as YAML, JSON and pages; problem types; shares of requests; deprecations."""

import json
import re

import pytest
import requests
import yaml



def test_the_contract_is_one_document_in_two_spellings(world):
    text = world.anonymous.get("/api/v1/openapi.yaml", expect=200)
    parsed = world.anonymous.get("/api/v1/openapi.json", expect=200)
    assert parsed.media == "application/json" and json.loads(parsed.text) == yaml.safe_load(text.text)
    assert world.anonymous.get("/api/v1/openapi.yaml", headers={"If-None-Match": text.headers["ETag"]}, expect=304).text == ""


@pytest.mark.parametrize("path", ["/api/v1/docs", "/api/v1/problems"])
def test_pages_need_no_script_and_nothing_from_elsewhere(world, path):
    page = world.anonymous.get(path, expect=200)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script" not in policy and "unsafe" not in policy
    assert "<script" not in page.text and not re.search(r'(src|href)="(https?:)?//', page.text) and " style=" not in page.text
    assert page.text.startswith('<!doctype html><html lang="en">') and page.text.count("<h1>") == 1 and "<main" in page.text
    levels = [int(level) for level in re.findall(r"<h([1-6])", page.text)]
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:]))
    assert all("<caption>" in table for table in page.text.split("<table>")[1:])
    anchors = re.findall(r' id="([^"]+)"', page.text)
    assert len(anchors) == len(set(anchors))


def test_the_page_names_every_operation(world):
    page = world.anonymous.get("/api/v1/docs", expect=200).text
    for (method, path), operation in world.contract.operations.items():
        assert f'id="{operation["operationId"]}"' in page, (method, path)


def test_a_problem_has_a_type_that_leads_to_its_meaning(world, halden):
    answer = halden.engineer.get("/api/v1/cases/AAAAAAAAAAAAAAAAAAAA", expect=404)
    assert answer["type"] == "/api/v1/problems#case_not_found" and answer["code"] == "case_not_found"
    assert 'id="case_not_found"' in world.anonymous.get("/api/v1/problems", expect=200).text
    assert halden.engineer.get("/v1/collaboration-requests/AAAAAAAAAAAAAAAAAAAA", expect=404)["type"] == "about:blank"
    for answer in (world.anonymous.get("/api/v1/nothing", expect=404), world.anonymous.post("/api/v1/docs", expect=405), world.anonymous.get("/api/v1/cases", expect=401)):
        assert answer["type"] == f"/api/v1/problems#{answer.code}"


def test_deprecated_operations_say_so_and_no_other_does(world, halden):
    for (method, path), operation in world.contract.operations.items():
        answer = world.anonymous.request(method, re.sub(r"\{\w+\}", "1", path), data=b"" if method != "GET" else None, judge=False)
        deprecated = operation.get("deprecated", False)
        assert ("Deprecation" in answer.headers) == deprecated, (method, path)
        if deprecated:
            assert re.fullmatch(r"@\d{9,11}", answer.headers["Deprecation"]) and answer.headers["Sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
            assert f"/api/v1/docs#{operation['operationId']}" in answer.headers["Link"]
    halden.engineer.get("/v1/collaboration-requests", expect=200)


# --- shares ---


@pytest.fixture(scope="module")
def scarce(private_gateway):
    gateway = private_gateway({"limits.requests_per_second": 5})
    credential = gateway.operator_credential()

    def token():
        answer = requests.post(f"{gateway.url}/operator/oauth2/v2.0/token", verify=str(gateway.ca), timeout=30, data={
            "grant_type": "client_credentials", "client_id": credential["clientId"], "client_secret": credential["clientSecret"]})
        return answer.json()["access_token"] if answer.status_code == 200 else None

    return gateway, token


def ask(gateway, token):
    return requests.get(f"{gateway.url}/api/v1/companies", verify=str(gateway.ca), timeout=30, headers={"Authorization": f"Bearer {token}"})


def share(answer):
    policy = re.fullmatch(r'"requests";q=(\d+);w=(\d+)', answer.headers["RateLimit-Policy"])
    left = re.fullmatch(r'"requests";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
    return [int(group) for group in (*policy.groups(), *left.groups())]


def test_every_answer_tells_the_share_and_the_last_one_when_to_come_back(scarce):
    gateway, token = scarce
    mine = token()
    refused = None
    for _ in range(200):
        answer = ask(gateway, mine)
        limit, window, left, reset = share(answer)
        assert (limit, window) == (10, 2) and 0 <= left <= limit and 0 <= reset <= window
        if answer.status_code == 429:
            refused = answer
            break
        assert answer.status_code == 200
    assert refused is not None and refused.json()["type"] == "/api/v1/problems#too_many_requests"
    assert int(refused.headers["Retry-After"]) >= 1 and share(refused)[2] == 0


def test_a_second_token_gives_nobody_a_second_share(scarce):
    """Two tokens of one caller, once both are known, draw on one share: spent by the first, it is spent for the second."""
    gateway, token = scarce
    first, second = token(), token()
    if second is None:  # the address's own share of token calls was used up
        pytest.skip("no second token within this address's share")
    ask(gateway, first), ask(gateway, second)
    for _ in range(400):
        if ask(gateway, first).status_code == 429 and ask(gateway, second).status_code == 429:
            return
    pytest.fail("the second token was never slowed down by what the first one spent")
