"""Our own interface for what an administrator and the operator do: companies, users, clients, forms, departments; who may do what."""

import pytest

from support.world import PASSWORD, form_fields


def test_the_operator_makes_and_changes_companies(world):
    company = world.company("made", form=False)
    row = company.row
    assert row["active"] is True and row["hidden"] is False and row["injectedField"] is False
    assert row["responseMinutes"] == {"high": 60, "medium": 240, "low": 1440}
    changed = world.operator.patch(f"/api/v1/companies/{company.id}", {"description": "Changed", "responseMinutes": {"high": 30, "medium": 60, "low": 90}}, expect=200)
    assert changed["description"] == "Changed" and changed["responseMinutes"]["high"] == 30 and changed["name"] == company.name
    assert company.id in [r["id"] for r in world.operator.get("/api/v1/companies", expect=200).items]


@pytest.mark.parametrize("body", [{}, {"name": "X"}, {"domain": "x.example"}, {"name": "", "domain": "x.example"}, {"name": "X", "domain": "no domain"}, {"name": 1, "domain": "x.example"},
                                  {"name": "X", "domain": "x.example", "responseMinutes": {"high": 0}}, {"name": "X", "domain": "x.example", "hidden": "yes"}, []])
def test_members_of_a_company(world, body):
    world.operator.post("/api/v1/companies", body, expect=400)


def test_a_domain_belongs_to_one_company(world, halden):
    for domain in (halden.domain, halden.domain.upper()):
        world.operator.post("/api/v1/companies", {"name": "Second", "domain": domain}, expect=(400, 409))


@pytest.mark.parametrize("role", ["administrator", "compliance", "engineer", "auditor", "client"])
def test_only_the_operator_makes_companies(halden, role):
    getattr(halden, role).post("/api/v1/companies", {"name": "X", "domain": "x.example"}, expect=403)


def test_everybody_signed_in_finds_companies_by_name(world, halden, brightwell):
    hidden = world.company("hidden-directory", hidden=True, form=False)
    rows = halden.engineer.get(f"/api/v1/directory/companies?query={brightwell.name.split()[0]}", expect=200).items
    assert rows == [{"id": brightwell.id, "name": brightwell.name, "domain": brightwell.domain}]
    assert halden.engineer.get(f"/api/v1/directory/companies?query={hidden.name.split()[0]}", expect=200).items == []


def test_users_of_a_company(world, halden):
    row = halden.add_user("engineer", "-listed")
    rows = {r["id"]: r for r in halden.administrator.get("/api/v1/users", expect=200).items}
    assert rows[row["id"]]["username"] == row["username"] and rows[row["id"]]["role"] == "engineer"
    assert all(r["company"] == halden.id for r in rows.values())
    assert not any(r.get("password") for r in rows.values())
    assert "assword" not in str(halden.administrator.get("/api/v1/users", expect=200).body).replace("'password': None", "")


def test_a_made_password_is_shown_once(world, halden):
    readers = ("operator",)
    row = halden.administrator.post("/api/v1/users", {
        "username": halden.word("made username", readers), "firstName": halden.word("f", readers), "lastName": halden.word("l", readers),
        "email": halden.email("made"), "role": "engineer"}, expect=201).body
    assert len(row["password"]) >= 12
    caller = world.caller("halden").login(row["username"], row["password"])
    caller.get("/v1/me", expect=200)


def user_body(company, **change):
    return {"username": company.word("refused user"), "password": PASSWORD, "firstName": "F", "lastName": "L", "email": company.email("refused"), "role": "engineer", **change}


@pytest.mark.parametrize("change", [{"username": ""}, {"username": None}, {"password": "short"}, {"role": "king"}, {"role": None}, {"email": "no mail"}, {"firstName": 1},
                                    {"role": "gateway_operator"}, {"role": "operator"}])
def test_members_of_a_user(halden, change):
    halden.administrator.post("/api/v1/users", user_body(halden, **change), expect=(400, 403))


def test_a_username_is_taken_once(halden, brightwell):
    name = halden.add_user("engineer", "-taken")["username"]
    halden.administrator.post("/api/v1/users", user_body(halden, username=name), expect=(400, 409))
    brightwell.administrator.post("/api/v1/users", user_body(brightwell, username=name.upper()), expect=(201, 400, 409))


def test_an_administrator_rules_its_own_company_only(halden, brightwell):
    halden.administrator.post("/api/v1/users", {**user_body(halden), "company": brightwell.id}, expect=(400, 403))
    foreign = brightwell.add_user("engineer", "-foreign")
    halden.administrator.patch(f"/api/v1/users/{foreign['id']}", {"active": False}, expect=404)
    assert foreign["id"] not in [row["id"] for row in halden.administrator.get("/api/v1/users", expect=200).items]
    halden.administrator.patch(f"/api/v1/companies/{brightwell.id}", {"description": "mine"}, expect=(403, 404))


@pytest.mark.parametrize("role", ["engineer", "compliance", "auditor", "client"])
@pytest.mark.parametrize("path", ["users", "clients", "forms", "departments"])
def test_only_administrators_administer(halden, role, path):
    body = {"users": user_body(halden), "clients": {"name": "x", "role": "api_client"}, "forms": {"adminNote": "", "escalationInstructions": "", "fields": [field()]},
            "departments": {"name": "x", "tags": [], "form": halden.form["id"]}}[path]
    getattr(halden, role).post(f"/api/v1/{path}", body, expect=403)


def test_a_role_can_be_taken_away_at_once(halden):
    user = halden.person("administrator", "-former")
    user.get("/api/v1/users", expect=200)
    halden.administrator.patch(f"/api/v1/users/{halden.accounts['administrator-former']['id']}", {"role": "engineer"}, expect=200)
    user.post("/api/v1/users", user_body(halden), expect=(401, 403))


def test_clients_show_their_secret_once(halden):
    row = halden.administrator.post("/api/v1/clients", {"name": halden.word("once"), "role": "api_client"}, expect=201).body
    assert len(row["clientSecret"]) >= 32 and row["clientId"] and row["active"] is True
    for listed in halden.administrator.get("/api/v1/clients", expect=200).items:
        assert not listed.get("clientSecret")


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x", "role": "king"}, {"name": "x", "role": "gateway_operator"}, {"name": 1, "role": "api_client"}])
def test_members_of_a_client(halden, body):
    halden.administrator.post("/api/v1/clients", body, expect=(400, 403))


def test_clients_of_others_are_unknown(halden, brightwell):
    assert brightwell.client
    halden.administrator.patch(f"/api/v1/clients/{brightwell.client_row['id']}", {"active": False}, expect=404)
    halden.administrator.post(f"/api/v1/clients/{brightwell.client_row['id']}/secret", expect=404)
    assert brightwell.client_row["id"] not in [row["id"] for row in halden.administrator.get("/api/v1/clients", expect=200).items]


def field(**change):
    return {"section": "PROBLEM_SECTION", "label": "One", "type": "STRING", "displayOrder": 1, "required": False, "dataClass": "technical", "stage": "release",
            "identifiesCustomer": False, **change}


@pytest.mark.parametrize("fields", [
    [field(label="")], [field(), field()], [field(type="MAGIC")], [field(section="NOWHERE")], [field(dataClass="everything")], [field(stage="sometime")], [field(label=None)],
    [field(type="SELECT")], [field(type="TIERSELECT")], "fields", [7], [field(displayOrder="x")],
])
def test_fields_of_a_form(halden, fields):
    halden.administrator.post("/api/v1/forms", {"adminNote": "", "escalationInstructions": "", "fields": fields}, expect=400)


def test_a_form_keeps_its_field_ids_when_it_changes(world):
    company = world.company("versions")
    form = company.form
    again = company.administrator.put(f"/api/v1/forms/{form['id']}", {"adminNote": form["adminNote"], "escalationInstructions": form["escalationInstructions"],
                                                                     "fields": form["fields"]}, expect=200)
    assert [f["id"] for f in again["fields"]] == [f["id"] for f in form["fields"]]
    assert [f["id"] for f in company.administrator.get("/api/v1/forms", expect=200).items if f["id"] == form["id"]] == [form["id"]]


def test_forms_and_departments_of_others_are_not_changed(halden, brightwell):
    body = {"adminNote": "", "escalationInstructions": "", "fields": form_fields()}
    halden.administrator.put(f"/api/v1/forms/{brightwell.form['id']}", body, expect=404)
    halden.administrator.post("/api/v1/departments", {"name": "X", "tags": [], "form": brightwell.form["id"]}, expect=(400, 404))
    assert brightwell.departments[0]["id"] not in [row["id"] for row in halden.administrator.get("/api/v1/departments", expect=200).items]


@pytest.mark.parametrize("path", ["users", "clients", "companies", "customers", "agreements", "authorizations", "certificates"])
@pytest.mark.parametrize("number", ["2147483647", "0", "x", "99999999999999999999"])
def test_objects_that_do_not_exist(halden, path, number):
    caller = halden.administrator
    for method, tail, body in (("PATCH", "", {"active": False}), ("POST", "/confirm", {"domain": "a.example"}), ("POST", "/withdraw", {"reason": "r"})):
        answer = caller.request(method, f"/api/v1/{path}/{number}{tail}", json=body)
        assert answer.status in (400, 403, 404, 405), answer


def test_the_operator_sees_no_case(world, case):
    for path in (case.path, f"{case.path}/notes", f"/api/v1/cases/{case.token}/gate", f"/api/v1/cases/{case.token}/preview"):
        world.operator.get(path, expect=(403, 404))
    for path in ("/v1/collaboration-requests", "/v2/collaboration-requests", "/v2/collaboration-requests/list"):
        answer = world.operator.get(path, expect=(200, 403))
        assert case.token not in answer.text
    world.operator.post(f"/api/v1/cases/{case.token}/customer", {"customer": 1}, expect=(403, 404))
    world.operator.post(f"{case.path}/notes", {"summary": "hello"}, expect=(403, 404))
    world.operator.get("/api/v1/authorizations", expect=(200, 403))


def test_an_auditor_reads_and_changes_nothing(halden, case):
    auditor = halden.auditor
    for method, path, body in (("POST", f"{case.path}/notes", {"summary": "x"}), ("POST", f"{case.path}/closure", None), ("PATCH", case.path, {"internalCaseNumber": "x"}),
                               ("POST", "/api/v1/users", user_body(halden)),
                               ("POST", "/api/v1/customers", {"name": "x", "aliases": [], "domains": [], "contacts": []})):
        auditor.request(method, path, json=body, expect=403)


def test_content_type_of_our_own_interface_is_always_a_problem(halden):
    for accept in ("application/json", "*/*", None):
        answer = halden.engineer.post("/api/v1/companies", {"name": "x", "domain": "x.example"}, accept=accept, expect=403)
        assert answer.media == "application/problem+json" and answer.code
