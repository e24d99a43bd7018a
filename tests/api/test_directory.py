"""Finding a partner and fetching its intake form (contract sections 7 and 8)."""

import urllib.parse

import pytest

from support import contract
from support.canary import EVERYBODY
from support.client import LEGACY_MODE

TYPES = {"STRING", "TEXT", "EMAIL", "PHONE", "INTEGER", "URL", "SELECT", "TIERSELECT", "HIDDEN"}


def search(caller, term, **options):
    return caller.get("/v1/partners/" + urllib.parse.quote(term, safe=""), **{"expect": 200, **options}).body


def word(company):
    return company.domain.split(".")[0]


def test_a_company_without_departments_is_one_row(halden, corvid):
    rows = [row for row in search(halden.engineer, word(corvid)) if row["companyId"] == corvid.id]
    assert len(rows) == 1
    assert rows[0]["departmentId"] is None and rows[0]["departmentName"] is None
    assert rows[0]["companyName"] == corvid.name and rows[0]["label"] and rows[0]["documentId"] == corvid.form["id"]
    assert rows[0]["tags"] == []


def test_each_department_is_a_row_with_its_own_form(halden, brightwell):
    rows = {row["departmentId"]: row for row in search(halden.engineer, word(brightwell)) if row["companyId"] == brightwell.id}
    for department in brightwell.departments:
        row = rows[department["id"]]
        assert row["documentId"] == department["form"]["id"]
        assert department["name"] in row["label"] and brightwell.name in row["label"]
        assert {"tag": department["name"].split()[0].lower()} in row["tags"]


def test_search_by_tag_and_by_department_name(halden, brightwell):
    department = brightwell.departments[0]
    tag = f"{department['name'].split()[1]}tag"
    for term in (tag, department["name"], department["name"].upper(), f"  {department['name']} "):
        assert department["id"] in [row["departmentId"] for row in search(halden.engineer, term)], term


def test_the_caller_s_own_company_is_left_out(halden):
    assert halden.id not in [row["companyId"] for row in search(halden.engineer, word(halden))]


def test_a_hidden_or_inactive_company_is_not_found(world, halden):
    hidden = world.company("hidden", hidden=True)
    gone = world.company("gone")
    world.operator.patch(f"/api/v1/companies/{gone.id}", {"active": False}, expect=200)
    for company in (hidden, gone):
        assert search(halden.engineer, word(company)) == []
        rows = halden.engineer.get(f"/v1/partners/search?query={word(company)}", expect=200).body
        assert company.id not in [row["companyId"] for row in rows]


def test_nothing_found_is_an_empty_array(halden):
    assert search(halden.engineer, "no such partner anywhere") == []


@pytest.mark.parametrize("term", ["Über Straße", "100%", "a/b", "a+b", "a b", "?x=1", "#", "%2F", "日本", "'; DROP TABLE company;--", "\\", "a" * 100])
def test_odd_terms_are_only_terms(halden, term):
    assert isinstance(search(halden.engineer, term), list)


def test_blanks_arrive_as_percent_20(halden, corvid):
    term = urllib.parse.quote(corvid.name)
    assert "%20" in term
    assert corvid.id in [row["companyId"] for row in halden.engineer.get(f"/v1/partners/{term}", expect=200).body]


# --- forms ---


def check_form(form):
    for name in contract.FORM_NEVER_NULL:
        assert form.get(name) is not None, name
    assert form["priority"] in ("LOW", "MEDIUM", "HIGH"), "an empty priority breaks one client, null another"
    assert form["testSubmission"] is False and form["internalNotes"] == []
    labels = [field["label"] for field in form["customFields"]]
    assert len(labels) == len(set(labels))
    for field in form["customFields"]:
        for name in contract.FORM_FIELD_NEVER_NULL:
            assert field.get(name) is not None, (field["label"], name)
        assert field["type"] in TYPES
        assert field["section"] in ("CONTACT_SECTION", "PROBLEM_SECTION", "COMMON_CUSTOMER_SECTION")
        assert isinstance(field["options"], str) and isinstance(field["selections"], list)
        assert not field["value"]


def test_the_form_three_ways(halden, brightwell):
    by_company = halden.engineer.get(f"/v1/forms/company/{brightwell.id}", expect=200).body
    by_document = halden.engineer.get(f"/v1/forms/document/{brightwell.form['id']}", expect=200).body
    assert by_company == by_document and by_company["documentId"] == brightwell.form["id"]
    department = brightwell.departments[0]
    by_department = halden.engineer.get(f"/v1/forms/department/{department['id']}", expect=200).body
    assert by_department["documentId"] == department["form"]["id"]
    for form in (by_company, by_department):
        check_form(form)


def test_choices_of_a_form(halden, brightwell):
    fields = {field["label"]: field for field in halden.engineer.get(f"/v1/forms/company/{brightwell.id}", expect=200)["customFields"]}
    assert fields["Release"]["options"] == "11.2\r\n12.0\r\n12.1"
    assert fields["Product"]["options"] == ""
    assert fields["Product"]["selections"][0]["value"] == "Cloud"
    assert [child["value"] for child in fields["Product"]["selections"][0]["children"]] == ["Vault", "Mesh"]
    assert all(isinstance(child["children"], list) for child in fields["Product"]["selections"][0]["children"])


def test_the_form_tells_nothing_of_our_own_rules(halden, brightwell):
    text = halden.engineer.get(f"/v1/forms/company/{brightwell.id}", expect=200).text
    for name in ("dataClass", "stage", "identifiesCustomer"):
        assert name not in text


@pytest.mark.parametrize("kind", ["company", "department", "document"])
@pytest.mark.parametrize("number", ["0", "2147483647", "999999999999", "99999999999999999999"])
def test_unknown_forms(halden, kind, number):
    halden.engineer.get(f"/v1/forms/{kind}/{number}", expect=(400, 404))
    halden.engineer.get(f"/v1/forms/{kind}/{number}", accept=LEGACY_MODE, expect=500)


@pytest.mark.parametrize("number", ["x", "-1", "1.0", "1e3", "0x10", "1%20", "+1"])
def test_form_numbers_that_are_none(halden, number):
    halden.engineer.get(f"/v1/forms/company/{number}", expect=(400, 404))


def test_changed_forms_are_live(world, halden):
    company = world.company("changing")
    form = company.form
    fields = [dict(field) for field in form["fields"]]
    fields[0]["label"] = "Customer Company"
    fields.append({"label": "Added later", "section": "PROBLEM_SECTION", "type": "STRING", "dataClass": "technical", "stage": "release", "identifiesCustomer": False,
                   "required": False, "displayOrder": 99})
    changed = company.administrator.put(f"/api/v1/forms/{form['id']}", {"adminNote": form["adminNote"], "escalationInstructions": form["escalationInstructions"],
                                                                       "fields": fields}, expect=200).body
    assert changed["version"] > form["version"]
    labels = [field["label"] for field in halden.engineer.get(f"/v1/forms/document/{form['id']}", expect=200)["customFields"]]
    assert "Added later" in labels


def test_html_of_a_form_is_sanitised(world, halden):
    company = world.company("markup", form=False)
    company.administrator.post("/api/v1/forms", {"adminNote": "<p onclick=\"x()\">Hello <script>alert(1)</script><b>you</b></p><img src=x onerror=alert(1)>",
                                                 "escalationInstructions": "<a href=\"javascript:alert(1)\">go</a>", "fields": [
        {"label": "Customer Company", "section": "COMMON_CUSTOMER_SECTION", "type": "STRING", "dataClass": "customer_identity", "stage": "release",
         "identifiesCustomer": True, "required": False, "displayOrder": 1}]}, expect=201)
    form = halden.engineer.get(f"/v1/forms/company/{company.id}", expect=200).body
    text = (form["adminNote"] + form["escalationInstructions"]).lower()
    for bad in ("<script", "onclick", "<img", "javascript:"):
        assert bad not in text
    assert "hello" in text


def test_the_injected_field_is_off_by_default_and_last_seen_by_its_own_engineers(world, halden):
    injecting = world.company("injecting", injectedField=True)
    label = "Authorization reference"
    shown = [field for field in injecting.engineer.get(f"/v1/forms/company/{halden.id}", expect=200)["customFields"] if field["label"] == label]
    assert len(shown) == 1
    assert (shown[0]["type"], shown[0]["section"], shown[0]["required"]) == ("STRING", "COMMON_CUSTOMER_SECTION", False)
    form = halden.engineer.get(f"/v1/forms/company/{injecting.id}", expect=200)
    assert label not in [field["label"] for field in form["customFields"]]


# --- search by sentence ---


def ask(caller, sentence, **more):
    return caller.get("/v1/partners/search?" + urllib.parse.urlencode({"query": sentence, **more}), expect=200).body


def test_a_sentence_finds_who_is_meant_best_first(halden, brightwell):
    networking = brightwell.departments[0]
    tag = f"{networking['name'].split()[1]}tag"
    rows = ask(halden.engineer, f"who can help us with {tag} at {brightwell.name}, please?")
    assert rows[0]["departmentId"] == networking["id"]


def test_misspelt_names_are_forgiven(halden, corvid):
    name = word(corvid)
    typed = name[0] + name[2] + name[1] + name[3:]
    assert corvid.id in [row["companyId"] for row in ask(halden.engineer, f"the people of {typed}")]
    assert corvid.id in [row["companyId"] for row in search(halden.engineer, typed)]


def test_products_of_a_form_are_searched(world, halden):
    company = world.company("product", form=False)
    product = company.word("product name", (EVERYBODY,))
    world.form(company, [{"label": "Product", "section": "PROBLEM_SECTION", "type": "TIERSELECT", "dataClass": "product", "selections": [f"Arrays:{product}"], "displayOrder": 1}])
    assert ask(halden.engineer, f"our {product} has failed")[0]["companyId"] == company.id


def test_the_limit_of_a_sentence_search(world, halden):
    assert len(ask(halden.engineer, "systems", limit=1)) == 1
    assert len(ask(halden.engineer, "systems")) <= 10
    assert ask(halden.engineer, "qqqqzzzz xxxxwwww") == []


@pytest.mark.parametrize("query", ["", "query=", "query=%20", "limit=5", "query=x&limit=0", "query=x&limit=51", "query=x&limit=many", "query=x&limit=-1", "query=" + "x" * 501])
def test_sentence_searches_that_are_none(halden, query):
    assert halden.engineer.get(f"/v1/partners/search?{query}", expect=400)["violations"]
    assert halden.engineer.get(f"/v1/partners/search?{query}", accept=LEGACY_MODE, expect=500)["validationErrors"]


def test_plus_and_percent_20_are_blanks_in_a_query(halden, corvid):
    name = urllib.parse.quote(corvid.name)
    assert halden.engineer.get(f"/v1/partners/search?query={name}", expect=200).body == halden.engineer.get(f"/v1/partners/search?query={name.replace('%20', '+')}", expect=200).body
