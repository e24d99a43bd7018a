"""Signing in and being known: password login, client credentials, tokens that are refused, who am I, signing out."""

import base64
import re

import pytest

from support.client import INVALID_TOKEN, LEGACY_MODE, PROBLEM_MODE
from support.world import PASSWORD


def test_login_answers_the_shape_of_the_contract(world, halden):
    caller = world.caller("halden")
    answer = caller.post("/v1/login", {"username": halden.accounts["engineer"]["username"] if halden.engineer else "", "password": PASSWORD}, expect=200)
    assert answer["tokenType"].lower() == "bearer"
    assert 60 <= answer["expiresIn"] <= 3600 * 24
    assert len(answer["accessToken"]) <= 350, "one connector keeps the token in two pieces of 175 characters"


def test_login_token_works_and_names_the_caller(halden):
    me = halden.engineer.get("/v1/me", expect=200)
    assert me["company"]["id"] == halden.id and me["company"]["domain"] == halden.domain
    account = halden.accounts["engineer"]
    assert me["user"]["id"] == account["id"] and me["user"]["email"] == account["email"]
    assert me["user"]["firstName"] == account["firstName"]
    assert "encodedCredentials" not in me.body


def test_a_caller_learns_its_role(world, halden):
    for caller, role in ((halden.engineer, "engineer"), (halden.compliance, "compliance"), (halden.client, "api_client"), (world.operator, "operator")):
        assert caller.get("/api/v1/session", expect=200).body == {"role": role}


@pytest.mark.parametrize("members", [{"password": "wrong"}, {"username": "nobody-of-that-name", "password": PASSWORD}])
def test_wrong_credentials(world, halden, members):
    halden.person("engineer", "-wrong")
    body = {"username": halden.accounts["engineer-wrong"]["username"], "password": PASSWORD} | members
    caller = world.caller("halden")
    legacy = caller.post("/v1/login", body, accept=LEGACY_MODE, expect=500)
    assert legacy["message"] == "Error processing request"
    problem = caller.post("/v1/login", body, accept=PROBLEM_MODE, expect=401)
    assert problem.message == "Error processing request"


@pytest.mark.parametrize("body", [{}, {"username": "a"}, {"password": "b"}, {"username": None, "password": None}, {"username": 7, "password": []}])
def test_login_without_its_members(world, body):
    assert world.anonymous.post("/v1/login", body, accept=PROBLEM_MODE).status in (400, 401)
    assert world.anonymous.post("/v1/login", body, accept=LEGACY_MODE).status == 500


def test_a_disabled_user_cannot_sign_in_and_his_token_ends_at_once(world, halden):
    leaver = halden.person("engineer", "-leaver")
    leaver.get("/v1/me", expect=200)
    halden.administrator.patch(f"/api/v1/users/{halden.accounts['engineer-leaver']['id']}", {"active": False}, expect=200)
    leaver.get("/v1/me", expect=401)
    world.caller("halden").post("/v1/login", {"username": leaver.login_name, "password": PASSWORD}, expect=401)


def test_a_new_password_ends_the_old_one(world, halden):
    user = halden.add_user("engineer", "-renewed")
    caller = world.caller("halden").login(user["username"], PASSWORD)
    halden.administrator.patch(f"/api/v1/users/{user['id']}", {"password": PASSWORD + "-neu"}, expect=200)
    world.caller("halden").post("/v1/login", {"username": user["username"], "password": PASSWORD}, expect=401)
    world.caller("halden").login(user["username"], PASSWORD + "-neu")
    caller.get("/v1/me", expect=401)


@pytest.mark.parametrize("basic", [False, True])
@pytest.mark.parametrize("scope", ["0c0ffee0-1111-4222-8333-444455556666/.default", "api://0c0ffee0-1111-4222-8333-444455556666/.default", ""])
def test_client_credentials(world, halden, basic, scope):
    assert halden.client
    caller = world.caller("halden")
    answer = caller.client_token(str(halden.id), halden.client_row["clientId"], halden.client_row["clientSecret"], basic=basic, scope=scope)
    assert answer["token_type"] == "Bearer" and answer["expires_in"] > 0
    assert answer.headers["Cache-Control"] == "no-store"
    assert caller.get("/v1/me", expect=200)["company"]["id"] == halden.id


def test_the_tenant_of_the_token_address_may_be_any_word(world, halden):
    """Connectors put a directory's tenant id there; the client id says whose it is."""
    assert halden.client
    for tenant in ("common", "6f9619ff-8b86-d011-b42d-00c04fc964ff"):
        answer = world.caller("halden").client_token(tenant, halden.client_row["clientId"], halden.client_row["clientSecret"], expect=(200, 400, 401))
        assert answer.status == 200, "the client id decides"


@pytest.mark.parametrize("form, error", [
    ({"grant_type": "client_credentials", "client_id": "CLIENT", "client_secret": "wrong"}, "invalid_client"),
    ({"grant_type": "client_credentials", "client_id": "unknown", "client_secret": "wrong"}, "invalid_client"),
    ({"grant_type": "client_credentials"}, ("invalid_client", "invalid_request")),
    ({"grant_type": "password", "client_id": "CLIENT", "client_secret": "SECRET"}, "unsupported_grant_type"),
    ({"client_id": "CLIENT", "client_secret": "SECRET"}, ("invalid_request", "unsupported_grant_type")),
    ({}, ("invalid_request", "invalid_client", "unsupported_grant_type")),
])
def test_token_errors_have_the_oauth_shape(world, halden, form, error):
    assert halden.client
    known = {"CLIENT": halden.client_row["clientId"], "SECRET": halden.client_row["clientSecret"]}
    answer = world.caller("halden").request("POST", f"/{halden.id}/oauth2/v2.0/token", data={name: known.get(value, value) for name, value in form.items()},
                                            accept="application/json", headers={"Content-Type": "application/x-www-form-urlencoded"}, expect=(400, 401))
    assert answer["error"] in ((error,) if isinstance(error, str) else error)
    assert answer["error_description"]
    assert answer.media == "application/json"


@pytest.mark.parametrize("body", ["{}", "grant_type=client_credentials&grant_type=client_credentials", "%%%=%zz", "a" * 5000, "\x00\x01"])
def test_token_call_with_an_odd_body(world, body):
    answer = world.anonymous.request("POST", "/x/oauth2/v2.0/token", data=body, headers={"Content-Type": "application/x-www-form-urlencoded"}, accept="application/json")
    assert answer.status in (400, 401) and answer["error"]


def bearer_headers():
    forged = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
    return {
        "missing": None, "empty": "", "scheme only": "Bearer", "blank": "Bearer ", "unknown": f"Bearer {forged}", "short": "Bearer abc",
        "jwt": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiI4NzAifQ.", "basic": "Basic YTpi", "words": "Bearer one two", "long": "Bearer " + "a" * 3000,
        "odd letters": "Bearer \xe4\xf6\xfc",
    }


@pytest.mark.parametrize("accept", [LEGACY_MODE, PROBLEM_MODE, None, "*/*"])
@pytest.mark.parametrize("kind", sorted(bearer_headers()))
def test_a_refused_token_is_401_with_the_literal_text_in_both_modes(world, kind, accept):
    header = bearer_headers()[kind]
    answer = world.anonymous.request("GET", "/v1/me", headers={"Authorization": header.encode("latin-1") if header is not None else None}, accept=accept, expect=401)
    assert answer["message"] == INVALID_TOKEN
    if answer.media == "application/problem+json":
        assert answer["detail"] == INVALID_TOKEN
    assert "WWW-Authenticate" not in answer.headers or answer.headers["WWW-Authenticate"].startswith("Bearer"), "a browser must not ask for a password"


CALLS = [
    ("GET", "/v1/me"), ("GET", "/v1/partners/storage"), ("GET", "/v1/partners/search?query=storage"), ("GET", "/v1/forms/company/1"),
    ("GET", "/v1/forms/department/1"), ("GET", "/v1/forms/document/1"), ("GET", "/v1/collaboration-requests"), ("POST", "/v1/collaboration-requests"),
    ("GET", "/v1/collaboration-requests/T"), ("PATCH", "/v1/collaboration-requests/T"), ("POST", "/v1/collaboration-requests/T/approval"),
    ("PATCH", "/v1/collaboration-requests/T/approval"), ("POST", "/v1/collaboration-requests/T/rejection"), ("POST", "/v1/collaboration-requests/T/information-request"),
    ("POST", "/v1/collaboration-requests/T/information-response"), ("POST", "/v1/collaboration-requests/T/closure"), ("GET", "/v1/collaboration-requests/T/notes"),
    ("POST", "/v1/collaboration-requests/T/notes"), ("GET", "/v2/collaboration-requests"), ("GET", "/v2/collaboration-requests/list"),
    ("GET", "/api/v1/companies"), ("POST", "/api/v1/companies"), ("GET", "/api/v1/users"), ("POST", "/api/v1/users"), ("GET", "/api/v1/clients"), ("GET", "/api/v1/forms"),
    ("GET", "/api/v1/departments"), ("GET", "/api/v1/customers"), ("POST", "/api/v1/customers"), ("GET", "/api/v1/agreements"), ("POST", "/api/v1/agreements"),
    ("GET", "/api/v1/authorizations"), ("POST", "/api/v1/authorizations"), ("GET", "/api/v1/audit/entries"), ("GET", "/api/v1/audit/entries/1"),
    ("POST", "/api/v1/audit/verification"), ("GET", "/api/v1/certificates"), ("GET", "/api/v1/directory/companies"), ("GET", "/api/v1/session"), ("DELETE", "/api/v1/session"),
    ("GET", "/api/v1/cases/T/gate"), ("GET", "/api/v1/cases/T/preview"), ("POST", "/api/v1/cases/T/customer"),
]


@pytest.mark.parametrize("method, path", CALLS)
def test_no_call_works_without_a_token(world, method, path):
    for accept in (LEGACY_MODE, PROBLEM_MODE):
        answer = world.anonymous.request(method, path, json={} if method in ("POST", "PATCH") else None, accept=accept, expect=401)
        assert answer["message"] == INVALID_TOKEN


def test_scheme_of_the_authorization_header_in_any_case_of_letters(halden):
    for scheme in ("bearer", "BEARER"):
        halden.engineer.get("/v1/me", headers={"Authorization": f"{scheme} {halden.engineer.token}"}, expect=200)


def test_a_token_of_which_one_character_changed_is_forged(halden):
    token = halden.engineer.token
    for place in (0, 10, len(token) // 2, len(token) - 2):
        other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1:]
        halden.engineer.with_token(other).get("/v1/me", expect=401)


def test_signing_out_ends_the_token_at_once(world, halden):
    caller = world.caller("halden").login(halden.accounts["engineer"]["username"] if halden.engineer else "", PASSWORD)
    second = world.caller("halden").login(caller.login_name, PASSWORD)
    caller.get("/v1/me", expect=200)
    caller.delete("/api/v1/session", expect=204)
    caller.get("/v1/me", expect=401)
    second.get("/v1/me", expect=200)


def test_tokens_are_opaque_and_differ(world, halden):
    first, second = (world.caller("halden").login(halden.accounts["engineer"]["username"] if halden.engineer else "", PASSWORD).token for _ in range(2))
    assert first != second and re.fullmatch(r"[A-Za-z0-9_-]{43}", first)


def test_every_account_can_ask_who_it_is(world, halden):
    for caller in (world.operator, halden.auditor, halden.compliance, halden.client):
        caller.get("/v1/me", expect=200)


def test_a_rotated_client_secret_overlaps_with_the_old_one(world, halden):
    row = halden.administrator.post("/api/v1/clients", {"name": halden.word("rotating client"), "role": "api_client"}, expect=201).body
    world.caller("halden").client_token(str(halden.id), row["clientId"], row["clientSecret"])
    renewed = halden.administrator.post(f"/api/v1/clients/{row['id']}/secret", expect=(200, 201))["clientSecret"]
    assert renewed != row["clientSecret"]
    for secret in (row["clientSecret"], renewed):
        world.caller("halden").client_token(str(halden.id), row["clientId"], secret)
    listed = [client for client in halden.administrator.get("/api/v1/clients", expect=200).items if client["id"] == row["id"]]
    assert listed and not listed[0].get("clientSecret"), "a secret is shown once"


def test_a_disabled_client_ends_at_once(world, halden):
    row = halden.administrator.post("/api/v1/clients", {"name": halden.word("ending client"), "role": "api_client"}, expect=201).body
    caller = world.caller("halden")
    caller.client_token(str(halden.id), row["clientId"], row["clientSecret"])
    halden.administrator.patch(f"/api/v1/clients/{row['id']}", {"active": False}, expect=200)
    caller.get("/v1/me", expect=401)
    world.caller("halden").client_token(str(halden.id), row["clientId"], row["clientSecret"], expect=(400, 401))
