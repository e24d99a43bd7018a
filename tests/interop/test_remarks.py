"""One test for each remark of the contract about a client in the field (sections 2, 3, 4, 8, 19)."""

import json

import pytest

import connectors
from connectors import BOTH, DynamicsPlugin, JavaLibrary, SalesforcePackage, ZendeskApp
from support import raw
from support.client import INVALID_TOKEN
from support.world import PASSWORD

UNKNOWN = "/v1/collaboration-requests/NoSuchToken1234567"


# --- signing in (3) ---


def test_a_token_fits_into_two_pieces_of_175_characters(world):
    token = world.halden.engineer.token
    assert len(token) <= 350 and token[:175] + token[175:350] == token


def test_a_password_in_json_put_together_from_strings(world):
    """One client concatenates: what is a quotation mark to it is a broken body to us, and that is told as a JSON object."""
    account = world.halden.accounts["engineer"]
    body = f'{{ "username" : "{account["username"]}", "password" : "{PASSWORD}" }}'
    answer = world.anonymous.request("POST", "/v1/login", data=body.encode(), headers={"Content-Type": "application/json"}, accept=None, expect=200)
    assert answer["tokenType"].lower() == "bearer" and answer["expiresIn"] > 60
    broken = f'{{"username":"{account["username"]}","password":"a"b"}}'
    assert world.anonymous.request("POST", "/v1/login", data=broken.encode(), accept=None, expect=500)["message"]


def test_the_token_text_in_every_mode(world):
    for accept in (None, "*/*", "application/json", BOTH, "application/problem+json"):
        for token in (None, "x", "A" * 43, "a.b.c"):
            answer = world.anonymous.with_token(token).get("/v1/me", accept=accept, expect=401)
            assert SalesforcePackage.must_log_in_again(answer)
            assert INVALID_TOKEN in (answer.body.get("message"), answer.body.get("detail"))


@pytest.mark.parametrize("scope", ["entente/.default", "api://5d7a/.default", "5d7a0c1e-0000-4000-8000-000000000000/.default", ""])
def test_the_token_call_at_the_directory_s_address(world, scope):
    """{oauth base}/{tenant}/oauth2/v2.0/token with any tenant and scope, in the form body and by HTTP Basic."""
    company = world.halden
    company.client  # made on first use
    row = company.client_row
    for basic in (False, True):
        caller = world.caller("halden")
        answer = caller.client_token("5d7a0c1e-aaaa-bbbb-cccc-000000000000", row["clientId"], row["clientSecret"], basic=basic, scope=scope)
        assert answer["token_type"].lower() == "bearer" and 60 < answer["expires_in"] <= 3600
        caller.get("/v1/me", expect=200)


# --- errors (4) ---


def test_an_error_body_is_an_object_whoever_asks(world):
    """Two connectors parse it blindly and show `message`; the others look for detail, then title, then message."""
    for kind in connectors.ALL:
        connector = kind(world.halden.engineer, world.halden)
        for path in (UNKNOWN, "/v1/forms/document/1", "/v1/nothing", "/v1/partners/%20"):
            answer = connector.call("GET", path, expect=(400, 404, 500))
            assert isinstance(answer.body, dict)
            shown = answer.body.get("detail") or answer.body.get("title") or answer.body.get("message")
            assert shown and answer.body.get("message")
            problem = "problem+json" in (connector.accept_of("GET") or "")
            assert answer.status == 404 if path == "/v1/nothing" else (answer.status == 500) != problem


def test_delete_with_only_problem_json_accepted(world):
    java = JavaLibrary(world.halden.engineer, world.halden)
    answer = java.call("DELETE", "/v1/webhooks/2147483647", expect=404)
    assert answer.media == "application/problem+json" and answer.body["status"] == 404


def test_closing_too_early_says_what_people_look_for(world):
    case = world.open_case(world.halden, world.brightwell, world.harbour)
    zendesk, dynamics = ZendeskApp(world.halden.engineer, world.halden), DynamicsPlugin(world.halden.engineer, world.halden)
    assert zendesk.call("POST", f"{case.path}/closure", expect=422).body["detail"] == "OPEN cases cannot be closed."
    assert dynamics.call("POST", f"{case.path}/closure", b"{}", expect=500).body["message"] == "OPEN cases cannot be closed."


# --- bodies and headers (2, 8.3) ---


@pytest.mark.parametrize("headers", [{"Content-Type": "application/json"}, {"Content-Type": "application/json;charset=utf-8"}, {}, {"Content-Type": "application/x-www-form-urlencoded"}])
def test_gets_with_a_content_type(world, headers):
    for path in ("/v1/me", f"/v1/forms/company/{world.brightwell.id}", "/v2/collaboration-requests/list"):
        world.halden.engineer.request("GET", path, headers=headers, accept="*/*", expect=200)


def test_chunked_bodies_gzip_and_keep_alive(gateway, world):
    case = world.open_case(world.halden, world.brightwell, world.harbour)
    body = json.dumps({"summary": "Sent in pieces", "description": "word " * 300})
    pieces = "".join(f"{len(body[i:i + 100]):x}\r\n{body[i:i + 100]}\r\n" for i in range(0, len(body), 100)) + "0\r\n\r\n"
    head = (f"POST {case.path}/notes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.halden.engineer.token}\r\nAccept-Encoding: gzip, deflate\r\n"
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n")
    connection = raw.Raw(gateway)
    for _ in range(3):
        reply = connection.send(head + pieces).final()
        assert reply.status == 200, reply


@pytest.mark.parametrize("path", ["/v1/collaboration-requests", "/v2/collaboration-requests", "/v2/collaboration-requests/list"])
def test_null_empty_and_unknown_query_parameters(world, path):
    world.halden.engineer.get(f"{path}?internalCaseNumber=&type=&status=&updatedAfter=&page=&size=&nothing=1", accept="*/*", expect=200)


def test_enumerations_in_a_query_in_any_letters(world):
    for query in ("type=outbound", "type=Inbound", "status=open", "status=Pendingaction", "status=ALL&type=all"):
        world.halden.engineer.get(f"/v2/collaboration-requests/list?{query}", accept="*/*", expect=200)


def test_filters_with_plus_and_percent_20(world):
    case = world.open_case(world.halden, world.brightwell, world.harbour, internalCaseNumber="N 1 blank")
    for number in ("N+1+blank", "N%201%20blank"):
        rows = world.halden.engineer.get(f"/v2/collaboration-requests/list?internalCaseNumber={number}", accept="*/*", expect=200).body
        assert case.token in [row["token"] for row in rows]


# --- forms (8) ---


def test_labels_that_one_connector_fills_by_itself(world):
    labels = {field["label"] for field in world.halden.engineer.get(f"/v1/forms/company/{world.brightwell.id}", expect=200)["customFields"]}
    assert {"Customer Company", "Customer Name", "Customer Email", "Customer Phone Including Country Code"} <= labels


def test_a_form_is_what_a_create_takes(world):
    """The client fetches it, sets values, and posts the whole object back."""
    form = world.halden.engineer.get(f"/v1/forms/document/{world.brightwell.form['id']}", accept="application/json", expect=200).body
    form.update(internalCaseNumber="N-form", problemSummary="Whole object", problemDescription="Posted back", priority="LOW")
    assert world.halden.engineer.post("/v1/collaboration-requests", form, accept="application/json", expect=200)["customFields"] == []


def test_correlation_by_a_field_whose_label_contains_customer_case(world):
    company = world.company("correlating", form=False)
    number = world.halden.word("their customer case", ("correlating",))
    form = world.form(company, [{"label": "Customer Case # Correlating", "section": "COMMON_CUSTOMER_SECTION", "type": "STRING", "dataClass": "case_facts", "displayOrder": 1}])
    world.agreement(world.halden, company)
    body = {"documentId": form["id"], "internalCaseNumber": "N-2", "problemSummary": "S", "problemDescription": "D", "priority": "LOW",
            "customFields": [{"fieldId": form["fields"][0]["id"], "value": number}]}
    case = world.halden.engineer.post("/v1/collaboration-requests", body, accept=None, expect=200)
    assert [(field["fieldName"], field["value"]) for field in case["customFields"]] == [("Customer Case # Correlating", number)]


def test_search_terms_as_they_arrive(world):
    for kind in connectors.ALL:
        rows = kind(world.halden.engineer, world.halden).call("GET", f"/v1/partners/{connectors.quoted(world.brightwell.name)}").body
        row = next(row for row in rows if row["companyId"] == world.brightwell.id)
        assert row["label"] and {"documentId", "departmentId", "tags"} <= set(row)


# --- what is not there (5) ---


@pytest.mark.parametrize("path", ["/v1/cases", "/v2/cases", "/v2/me", "/v2/collaboration-requests/T", "/v2/collaboration-requests/T/attachments/grants", "/v2/attachments/storage-config"])
def test_paths_outside_of_the_contract(world, path):
    world.halden.engineer.get(path, accept="*/*", expect=404)
