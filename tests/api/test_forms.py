"""Intake forms as live data of their owner: values checked by type, versions, what a changed form says to whoever was filling it in."""

import re
import subprocess
import urllib.parse

import pytest

from support.canary import EVERYBODY
from support.client import LEGACY_MODE
from support.gateway import program
from support.world import form_fields


def draft(world, submitter, receiver, fields, **more):
    made = world.draft(submitter, receiver, world.harbour, fields=fields, **more)
    made.pop("values")
    return made


WRONG = {
    "Customer Email": "not an address", "Customer Phone Including Country Code": "ask reception", "Product": "Cloud:Sky", "Release": "13.0",
    "Node count": "about four", "Reference page": "javascript:alert(1)", "Contract number": "two\nlines",
}


@pytest.mark.parametrize("label", WRONG)
def test_a_wrong_value_is_refused_and_its_field_is_named(world, halden, brightwell, label):
    body = draft(world, halden, brightwell, {label: WRONG[label]})
    at = [field["label"] for field in body["customFields"]].index(label)
    problem = halden.engineer.post("/v1/collaboration-requests", body, expect=400)
    assert problem.code == "invalid_members"
    assert [violation["pointer"] for violation in problem["violations"]] == [f"/customFields/{at}/value"]
    assert f'"{label}"' in problem["violations"][0]["message"] and f'"{label}"' in problem["detail"]
    legacy = halden.engineer.post("/v1/collaboration-requests", body, accept=LEGACY_MODE, expect=500)
    assert legacy["validationErrors"][0]["field"] == f"customFields[{at}].value" and f'"{label}"' in legacy["message"]


def test_every_wrong_value_is_named_at_once(world, halden, brightwell):
    problem = halden.engineer.post("/v1/collaboration-requests", draft(world, halden, brightwell, WRONG), expect=400)
    assert len(problem["violations"]) == len(WRONG)


@pytest.mark.parametrize("fields", [
    {"Product": "Cloud : Mesh"}, {"Product": "Cloud > Mesh"}, {"Product": "Cloud:Mesh"}, {"Product": "Cloud"}, {"Release": ""}, {"Node count": " 7 "},
    {name: "" for name in WRONG},
])
def test_values_as_connectors_write_them_are_kept_as_sent(world, halden, brightwell, fields):
    case = world.open_case(halden, brightwell, world.harbour, fields=fields)
    stored = {field["fieldName"]: field["value"] for field in case.created["customFields"]}
    for label, value in fields.items():
        assert stored.get(label, "") == value


def test_required_binds_the_client_and_not_the_server(world, halden):
    """A public demo of the contract creates cases without any field value (open point 22)."""
    company = world.company("requiring", form=False)
    form = world.form(company, [{"label": "Serial", "section": "PROBLEM_SECTION", "type": "STRING", "dataClass": "technical", "required": True, "displayOrder": 1}])
    world.agreement(halden, company)
    body = {"documentId": form["id"], "internalCaseNumber": "N-1", "problemSummary": "Without fields", "problemDescription": "None", "priority": "LOW", "customFields": []}
    assert halden.engineer.post("/v1/collaboration-requests", body, expect=200)["status"] == "OPEN"


# --- the owner edits ---


@pytest.fixture
def owner(world, halden, request):
    company = world.company("owner" + request.node.name.replace("_", "")[:40])
    world.agreement(halden, company)
    world.halden.authorize(world.harbour, [company], days=29)
    return company


def put(company, form, **more):
    body = {name: form[name] for name in ("adminNote", "escalationInstructions", "fields")}
    return company.administrator.put(f"/api/v1/forms/{form['id']}", {**body, **more}, expect=more.pop("expect", 200))


def test_what_is_read_can_be_written_back(owner):
    form = owner.administrator.get(f"/api/v1/forms/{owner.form['id']}", expect=200).body
    again = owner.administrator.put(f"/api/v1/forms/{form['id']}", form, expect=200).body
    assert again.pop("version") == form.pop("version") + 1 and again == form


def test_two_administrators_do_not_overwrite_each_other(owner):
    form = owner.form
    put(owner, form, version=form["version"])
    body = {name: form[name] for name in ("adminNote", "escalationInstructions", "fields", "version")}
    refused = owner.administrator.put(f"/api/v1/forms/{form['id']}", body, expect=409)
    assert refused.code == "form_version_moved"


def test_versions_are_kept(owner):
    form = owner.form
    fields = [field for field in form["fields"] if field["label"] != "Node count"]
    put(owner, form | {"fields": fields})
    put(owner, form | {"fields": fields[1:]})
    versions = owner.administrator.get(f"/api/v1/forms/{form['id']}/versions", expect=200).items
    assert [version["version"] for version in versions] == [2, 1]
    assert versions[1]["fields"] == form["fields"] and versions[0]["fields"] == fields


def test_a_renamed_field_keeps_its_id(owner):
    form = owner.form
    fields = [dict(field) for field in form["fields"]]
    fields[6]["label"] = "Nodes"
    changed = put(owner, form | {"fields": fields}).body
    assert changed["fields"][6]["id"] == form["fields"][6]["id"] and changed["fields"][6]["label"] == "Nodes"


def test_a_form_that_lost_a_field_meanwhile_says_so(world, halden, owner):
    body = draft(world, halden, owner, {})
    fields = [field for field in owner.form["fields"] if field["label"] != "Node count"]
    put(owner, owner.form | {"fields": fields})
    problem = halden.engineer.post("/v1/collaboration-requests", body, expect=400)
    assert problem.code == "form_changed" and '"Node count" is no longer asked' in problem["detail"] and "Fetch the form again" in problem["detail"]
    legacy = halden.engineer.post("/v1/collaboration-requests", body, accept=LEGACY_MODE, expect=500)
    assert legacy["message"] == problem["detail"]
    again = draft(world, halden, owner, {})
    world.mark_released(again, owner)
    halden.engineer.post("/v1/collaboration-requests", again, expect=200)


def test_a_choice_that_is_gone_meanwhile_says_so(world, halden, owner):
    body = draft(world, halden, owner, {})
    fields = [dict(field, options=["12.1", "13.0"]) if field["label"] == "Release" else field for field in owner.form["fields"]]
    put(owner, owner.form | {"fields": fields})
    problem = halden.engineer.post("/v1/collaboration-requests", body, expect=400)
    assert problem.code == "form_changed" and '"Release" must be one of 12.1, 13.0' in problem["detail"]


def test_a_form_that_only_grew_takes_the_older_request(world, halden, owner):
    body = draft(world, halden, owner, {})
    more = {"label": "Added", "section": "PROBLEM_SECTION", "type": "STRING", "dataClass": "technical", "displayOrder": 99}
    put(owner, owner.form | {"fields": [*owner.form["fields"], more]})
    world.mark_released(body, owner)
    halden.engineer.post("/v1/collaboration-requests", body, expect=200)


def test_a_retired_form_opens_nothing(world, halden, owner):
    body = draft(world, halden, owner, {})
    retired = owner.administrator.delete(f"/api/v1/forms/{owner.form['id']}", expect=200).body
    assert retired["retired"] is True
    assert halden.engineer.post("/v1/collaboration-requests", body, expect=404).code == "form_not_found"
    halden.engineer.get(f"/v1/forms/document/{owner.form['id']}", expect=404)
    halden.engineer.get(f"/v1/forms/company/{owner.id}", expect=404)
    put_again = owner.administrator.put(f"/api/v1/forms/{owner.form['id']}", {"fields": []}, expect=409)
    assert put_again.code == "form_retired"


@pytest.mark.parametrize("fields, code", [
    ([{"label": "A", "type": "SELECT", "options": []}], "missing"),
    ([{"label": "A", "type": "SELECT", "options": ["one\ntwo"]}], "not_allowed"),
    ([{"label": "A", "type": "SELECT", "options": ["one, two"]}], "not_allowed"),
    ([{"label": "A", "type": "SELECT", "options": ["one", "one"]}], "not_allowed"),
    ([{"label": "A", "type": "TIERSELECT"}], "missing"),
    ([{"label": "A", "type": "STRING"}, {"label": "A", "type": "STRING"}], "not_unique"),
])
def test_forms_that_connectors_could_not_show_are_refused(owner, fields, code):
    whole = [{"section": "PROBLEM_SECTION", "dataClass": "technical", **field} for field in fields]
    problem = owner.administrator.post("/api/v1/forms", {"fields": whole}, expect=400)
    assert code in [violation["code"] for violation in problem["violations"]]


def test_only_the_owner_s_administrators_edit(world, halden, owner):
    path = f"/api/v1/forms/{owner.form['id']}"
    for caller in (halden.administrator, world.dorn.administrator):
        for answer in (caller.get(path), caller.put(path, {"fields": []}), caller.delete(path), caller.get(f"{path}/versions")):
            assert answer.status == 404, answer
    assert owner.engineer.put(path, {"fields": []}).status == 403
    assert owner.engineer.get(path).status == 403


# --- departments ---


def ids_found(caller, term):
    return [row["departmentId"] for row in caller.get("/v1/partners/" + urllib.parse.quote(term, safe=""), expect=200).body]


def test_departments_are_edited_and_the_search_follows(world, halden):
    company = world.company("divided", departments=("Alpha", "Beta"))
    alpha, beta = company.departments
    word = company.word("renamed department", (EVERYBODY,))
    changed = company.administrator.patch(f"/api/v1/departments/{alpha['id']}", {"name": f"Gamma {word}", "tags": ["telemetry"]}, expect=200).body
    assert changed["name"] == f"Gamma {word}" and changed["tags"] == ["telemetry"] and changed["active"] is True
    assert alpha["id"] in ids_found(halden.engineer, word) and alpha["id"] in ids_found(halden.engineer, "telemetry")
    company.administrator.patch(f"/api/v1/departments/{alpha['id']}", {"active": False}, expect=200)
    assert alpha["id"] not in ids_found(halden.engineer, "telemetry")
    halden.engineer.get(f"/v1/forms/department/{alpha['id']}", expect=404)
    assert company.administrator.patch(f"/api/v1/departments/{beta['id']}", {"name": f"Gamma {word}"}, expect=409).code == "already_exists"
    assert company.administrator.delete(f"/api/v1/forms/{beta['form']['id']}", expect=409).code == "form_in_use"
    halden.administrator.patch(f"/api/v1/departments/{beta['id']}", {"active": False}, expect=404)


def test_a_new_version_is_tried_on_the_cases_that_came_in(world, gateway, tmp_path):
    """Only what the owner can read counts: what the gate held back stays unknown to it here as well."""
    left, right = world.company("rehearse-form-left"), world.company("rehearse-form-right")
    world.agreement(left, right)
    customer = left.customer()
    left.authorize(customer, [right])
    case = world.released_case(left, right, customer)
    fields = [dict(field) for field in form_fields()]
    by_label = {field["label"]: field for field in fields}
    by_label["Log excerpt"]["dataClass"] = "contractual"   # the agreement permits none
    by_label["Node count"]["stage"] = "acceptance"
    by_label["Release"]["options"] = ["11.2", "12.1"]      # the case says 12.0
    fields.remove(by_label["Reference page"])
    fields.append({"label": "Cluster name", "section": "PROBLEM_SECTION", "type": "STRING", "dataClass": "technical", "stage": "release", "required": True})
    path = f"/api/v1/forms/{right.form['id']}/rehearse"
    tried = right.administrator.post(path, {"fields": fields}, expect=200).body
    rows = {row["label"]: {name: count for name, count in row.items() if name not in ("label", "values") and count} for row in tried["fields"]}
    assert rows == {"Log excerpt": {"withheld": 1}, "Node count": {"later": 1}, "Release": {"notTaken": 1}, "Reference page": {"notAsked": 1}, "Cluster name": {"unanswered": 1}}
    assert (tried["cases"], tried["unreadable"], tried["refused"], tried["examples"], tried["next"]) == (1, 0, 1, [case.token], None)
    # The form as it is changes nothing, and nothing was published.
    assert right.administrator.post(path, {"fields": form_fields()}, expect=200)["fields"] == []
    assert right.administrator.get(f"/api/v1/forms/{right.form['id']}", expect=200)["version"] == right.form["version"]
    left.administrator.post(path, {"fields": fields}, expect=404)
    right.engineer.post(path, {"fields": fields}, expect=403)
    world.operator.post(path, {"fields": fields}, expect=403)  # it would tell values of cases
    right.administrator.post(f"{path}?from=2030-01-02T00:00:00Z&until=2030-01-01T00:00:00Z", {"fields": fields}, expect=400)
    # The same by the command.
    file = tmp_path / "form.toml"
    file.write_text("[[field]]\nlabel = 'Release'\ntype = 'SELECT'\noptions = ['11.2', '12.1']\nclass = 'product'\n", encoding="utf-8")
    done = subprocess.run([program(), "form", "rehearse", str(right.form["id"]), str(file), "--url", gateway.url, "--ca", str(gateway.ca)], capture_output=True, text=True,
                          timeout=60, check=False, env={"ENTENTE_TOKEN": right.administrator.token, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"would be refused +1\b", done.stdout) and case.token in done.stdout
    assert re.search(r"^Release +1 *$", done.stdout, re.M) and "NOT TAKEN" in done.stdout
