"""How the Connect dialect looks from outside whatever the call: error modes, labels, CORS, bodies, percent-encoding, unknown routes."""

import json

import pytest

from support import raw
from support.client import INVALID_TOKEN, LEGACY_MODE, PROBLEM_MODE, PROBLEM_ONLY

LEGACY = [None, "*/*", "application/json", "text/html, application/xhtml+xml;q=0.9, */*;q=0.8", "application/json;charset=utf-8", ""]
PROBLEM = ["application/problem+json", "application/json, application/problem+json", "application/problem+json;q=0.1, */*", "text/plain,application/problem+json",
           "APPLICATION/PROBLEM+JSON", "application/problem+json; charset=utf-8, application/json"]


@pytest.mark.parametrize("accept", LEGACY)
def test_legacy_mode_answers_500_with_a_message(halden, accept):
    answer = halden.engineer.get("/v1/collaboration-requests/NoSuchToken1234567", accept=accept, expect=500)
    assert answer.media == "application/json"
    assert answer["message"] == "Case with token NoSuchToken1234567 not found."


@pytest.mark.parametrize("accept", PROBLEM)
def test_problem_mode_answers_the_documented_status(halden, accept):
    answer = halden.engineer.get("/v1/collaboration-requests/NoSuchToken1234567", accept=accept, expect=404)
    assert answer.media == "application/problem+json"
    assert answer["detail"] == "Case with token NoSuchToken1234567 not found."
    assert answer["instance"] == "/v1/collaboration-requests/NoSuchToken1234567"


@pytest.mark.parametrize("accept, label", [
    (PROBLEM_ONLY, "application/problem+json"), ("application/problem+json;q=0.9", "application/problem+json"),
    (PROBLEM_MODE, "application/json"), (LEGACY_MODE, "application/json"), (None, "application/json"),
])
def test_success_is_labelled_as_the_only_type_the_client_takes(halden, accept, label):
    assert halden.engineer.get("/v1/me", accept=accept, expect=200).media == label


@pytest.mark.parametrize("path", ["/v1/me", "/v1/collaboration-requests", "/v1/collaboration-requests/T/notes", "/v2/collaboration-requests/list", "/v1/login",
                                  "/any/oauth2/v2.0/token"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_preflight_needs_no_credentials(world, path, method):
    answer = world.anonymous.request("OPTIONS", path, accept="*/*", judge=False, headers={
        "Origin": "https://portal.example", "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type,accept"})
    assert answer.status in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert {"authorization", "content-type", "accept"} <= allowed


def test_answers_to_a_page_of_another_origin_can_be_read_there(halden):
    for path, status in (("/v1/me", 200), ("/v1/collaboration-requests/NoSuchToken1234567", 404)):
        answer = halden.engineer.get(path, headers={"Origin": "https://portal.example"}, expect=status)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_refused_token_can_be_read_by_a_page_too(world):
    answer = world.anonymous.get("/v1/me", headers={"Origin": "https://portal.example"}, expect=401)
    assert answer.headers["Access-Control-Allow-Origin"] == "*" and answer["message"] == INVALID_TOKEN


def test_our_own_interface_is_not_open_to_pages_of_other_origins(world):
    answer = world.anonymous.request("OPTIONS", "/api/v1/companies", accept="*/*", judge=False, headers={
        "Origin": "https://portal.example", "Access-Control-Request-Method": "GET"})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", None, "application/problem+json", "text/plain"])
def test_a_content_type_on_a_call_without_a_body_is_tolerated(halden, content_type):
    halden.engineer.get("/v1/me", headers={"Content-Type": content_type}, expect=200)


@pytest.mark.parametrize("content_type", ["application/json", "application/json;charset=UTF-8", "Application/Json", None])
def test_json_bodies_under_these_labels(case, halden, content_type):
    body = json.dumps({"summary": "Labelled note"}).encode()
    halden.engineer.request("POST", f"{case.path}/notes", data=body, headers={"Content-Type": content_type}, expect=200)


@pytest.mark.parametrize("body", [None, b"", b"{}", b"  ", b"null", b'{"unknown": 1}'])
@pytest.mark.parametrize("content_type", ["application/json", None])
def test_closure_takes_any_kind_of_no_body(world, halden, brightwell, body, content_type):
    case = world.released_case(halden, brightwell, world.harbour)
    case.approve()
    assert halden.engineer.request("POST", f"{case.path}/closure", data=body, headers={"Content-Type": content_type}, expect=200)["status"] == "CLOSED"


BROKEN = [b"", b"{", b"}", b"[]", b"7", b'"text"', b"{'a': 1}", b'{"summary": "a",}', b'{"summary": "a"} trailing', b'{"summary": "a"}{}', b"\xff\xfe{\x00}",
          b'{"summary": "\xc3\x28"}', b'{"summary": "\\ud800"}', b'{"summary": NaN}', b'\xef\xbb\xbf{"summary": 7}', b'{"summary": "a", "summary": "b"}']


@pytest.mark.parametrize("body", BROKEN)
@pytest.mark.parametrize("accept, status", [(PROBLEM_MODE, 400), (LEGACY_MODE, 500)])
def test_a_body_that_is_not_the_object_asked_for(case, halden, body, accept, status):
    before = len(halden.engineer.get(f"{case.path}/notes", expect=200).body)
    answer = halden.engineer.request("POST", f"{case.path}/notes", data=body, headers={"Content-Type": "application/json"}, accept=accept, expect=status)
    assert answer.message
    assert len(halden.engineer.get(f"{case.path}/notes", expect=200).body) == before


def test_validation_names_every_wrong_member_at_once(case, halden):
    body = {"summary": "", "description": "d" * 5001, "priority": "URGENT"}
    problem = halden.engineer.post(f"{case.path}/notes", body, expect=400)
    assert {violation["pointer"] for violation in problem["violations"]} >= {"/summary", "/description", "/priority"}
    legacy = halden.engineer.post(f"{case.path}/notes", body, accept=LEGACY_MODE, expect=500)
    assert {error["field"] for error in legacy["validationErrors"]} >= {"summary", "description", "priority"}


@pytest.mark.parametrize("path", ["/v1/cases", "/", "/v1", "/v1/", "/v1/me/", "/v1//me", "/v3/me", "/V1/me", "/v1/collaboration-requests/", "/v2/cases", "/index.html",
                                  "/v1/collaboration-requests/a/b/c", "/api", "/api/v1", "/api/v2/companies", "/metrics", "/readyz"])
def test_unknown_routes_are_not_found(halden, path):
    assert halden.engineer.get(path, expect=404, accept=PROBLEM_MODE).media == "application/problem+json"


@pytest.mark.parametrize("method, path", [("DELETE", "/v1/me"), ("PUT", "/v1/collaboration-requests"), ("POST", "/v1/me"), ("PATCH", "/v1/login"), ("GET", "/v1/login"),
                                          ("DELETE", "/v1/collaboration-requests/T")])
def test_known_paths_with_another_method(halden, method, path):
    answer = halden.engineer.request(method, path, expect=405)
    assert answer.headers["Allow"]


def test_head_is_get_without_the_body(halden):
    answer = halden.engineer.request("HEAD", "/v1/me", judge=False)
    assert answer.status in (200, 405) and not answer.text


@pytest.mark.parametrize("path", ["/v1/partners/%", "/v1/partners/%2", "/v1/partners/%zz", "/v1/partners/%c3%28", "/v1/partners/%00", "/v1/partners/%ed%a0%80",
                                  "/v1/partners/search?query=%", "/v1/partners/search?query=%ff"])
def test_percent_encoding_that_is_none(gateway, halden, path):
    reply = raw.once(gateway, raw.request("GET", path, halden.engineer.token))
    assert reply.status in (400, 404) and reply.json["message"]


@pytest.mark.parametrize("path", ["/v1/collaboration-requests%2Flist", "/v1/x/../me", "/v1/x/%2e%2e/me", "/v1/./me", "/v1%2fme", "//v1/me", "/v1/me;a=b", "/v1/me%20", "/v1\\me"])
def test_paths_are_taken_literally(gateway, halden, path):
    """Decoded once, never resolved: a slash that was encoded separates nothing, dots lead nowhere."""
    assert raw.once(gateway, raw.request("GET", path, halden.engineer.token)).status in (400, 404)


def test_answers_are_not_for_caches_and_not_for_guessing_types(halden):
    answer = halden.engineer.get("/v1/me", expect=200)
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_server_does_not_tell_its_version(halden):
    assert not any(char.isdigit() for char in halden.engineer.get("/v1/me", expect=200).headers.get("Server", ""))


def test_any_user_agent_is_served(halden):
    for agent in ("Java/17", "python-requests/2.0", "", "curl/7", "Mozilla/5.0", None):
        halden.engineer.get("/v1/me", headers={"User-Agent": agent}, expect=200)


def test_identity_of_a_request_appears_in_the_answer_to_a_fault(halden):
    answer = halden.engineer.get("/v1/collaboration-requests/NoSuchToken1234567", expect=404)
    assert answer.headers.get("X-Request-Id") or answer.headers.get("Request-Id"), "support needs a handle"
