"""The customer's page: who is asked, what a link can do and what it cannot, deciding, narrowing, the receipt, withdrawal.

A mail scanner that opens every link first, an engineer who would like to answer for the customer, and a curious reader are played.
"""

import datetime
import html
import json
import re

import pytest

from support.customers import Person, PostedWorld, until
from support.signing import unb64
from support.world import stamp


@pytest.fixture(scope="module")
def posted(tmp_path_factory, world):
    made = PostedWorld(tmp_path_factory.mktemp("customers"), world.contract)
    yield made
    log = made.gateway.log()
    # The one secret that may stand in a path stands in no log line, and neither does a code.
    for mail in made.server.mails:
        for token in re.findall(r"/(?:authorize|receipt)/([A-Za-z0-9]{32})", mail.text or ""):
            assert token not in log
    made.close()


@pytest.fixture(scope="module")
def ada(posted):
    return posted.ada


@pytest.fixture(scope="module")
def bo(posted):
    return posted.bo


# --- to whom a link goes ---


def test_a_link_goes_only_to_a_confirmed_contact_or_domain(posted, ada, bo):
    customer = ada.customer(confirmed=False)
    asked = ada.request_authorization(customer, [bo])
    path = f"/api/v1/authorizations/{asked['id']}/link"
    for contact in (None, customer.contact["email"], f"x@{customer.domain}", ada.email("ada"), bo.email("bo"), "somebody@elsewhere.example"):
        answer = ada.engineer.post(path, {"contact": contact} if contact else {}, expect=403)
        assert answer["code"] == "contact_not_confirmed"
    ada.compliance.post(f"/api/v1/customers/{customer.id}/confirm", {"domain": customer.domain}, expect=200)
    colleague = f"{ada.word('colleague')}@it.{customer.domain}"
    sent = ada.engineer.post(path, {"contact": colleague, "language": "de"}, expect=201)
    assert sent["sentTo"] == f"{colleague[0]}***@it.{customer.domain}"
    assert "/authorize/" in posted.server.wait(colleague)[0].text
    bo.engineer.post(path, {}, expect=404)
    ada.auditor.post(path, {}, expect=403)


def test_only_the_newest_link_counts(posted, ada):
    asked, person = posted.ask()
    old = person.token
    ada.engineer.post(f"/api/v1/authorizations/{asked['id']}/link", {}, expect=201)
    person.open_mail()
    person.look(f"/authorize/{old}", expect=404)
    person.look()


# --- looking ---


def test_the_page_says_what_is_asked_and_keeps_to_itself(posted, ada, bo):
    asked, person = posted.ask(classes=("case_facts", "technical"), conditions=f"Only {ada.word('condition')}", products=["Cloud:Vault"])
    answer = person.look()
    for words in (ada.name, bo.name, ada.domain, bo.domain, person.customer.name, asked["conditions"], "Cloud:Vault", "Description of the problem"):
        assert words in answer.text, words
    assert "Contact data of persons" not in answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert answer.headers["Referrer-Policy"] == "no-referrer" and "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Frame-Options"] == "DENY" and "Set-Cookie" not in answer.headers and "<script" not in answer.text
    assert "Darf" in person.look(f"/authorize/{person.token}?lang=de").text and "ですか" in person.look(f"/authorize/{person.token}?lang=ja").text


def test_a_scanner_that_opens_every_link_decides_nothing(posted, ada):
    asked, person = posted.ask()
    before = posted.read(asked)
    for _ in range(3):
        person.look()
        person.eyes.request("HEAD", f"/authorize/{person.token}", judge=False)
    # It may even press buttons: without the code that goes another way they do nothing.
    for fields in ([], [("decision", "approve")], [("decision", "refuse"), ("code", "")], [("decision", "approve"), ("code", "0000 0000")]):
        person.send(f"/authorize/{person.token}", fields, expect=400)
    assert posted.read(asked) == before and person.look().text.count("<form") == 2


def test_links_that_are_none(posted):
    person = Person(posted, posted.ada.customer())
    for path in ("/authorize/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "/receipt/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "/authorize/x"):
        assert "This link is not valid" in person.look(path, expect=404).text
    _, other = posted.ask()
    other.look(f"/receipt/{other.token}", expect=404)  # a link of one kind is none of the other
    for path in ("code", "withdraw", "record"):
        person.send(f"/receipt/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/{path}", [("ticket", "x"), ("sure", "yes")], expect=404)


def test_what_is_no_form_is_refused_whoever_sends_it(posted):
    asked, person = posted.ask()
    for path in (f"/authorize/{person.token}", f"/authorize/{person.token}/code", f"/receipt/{person.token}", f"/feedback/{person.token}"):
        answer = person.eyes.request("POST", path, data=b"{}", headers={"Content-Type": "application/json", "Accept": "*/*"}, expect=400)
        assert answer.code == "not_a_form"
    assert posted.read(asked)["state"] == "requested"


# --- deciding ---


def test_yes_releases_the_waiting_case_with_the_assurance_confirmed(posted, ada, bo):
    customer = ada.customer()
    case = posted.world.open_case(ada, bo, customer)
    case.release_to_receiver()
    asked, person = posted.ask(customer)
    assert case.gate()["verdict"] == "hold"
    answer = person.decide()
    assert "Your decision is recorded" in answer.text and f"/receipt/{person.receipt}" in answer.text
    granted = posted.read(asked)
    assert granted["state"] == "granted" and granted["assurance"] == "confirmed" and granted["decidedBy"] == "customer"
    bo.engineer.get(f"/v1/collaboration-requests/{case.token}", expect=200)
    # The link decides nothing any more, and says what was decided.
    assert "You allowed" in person.look().text
    person.send(f"/authorize/{person.token}", [("decision", "refuse"), ("code", "0000 0000")], expect=409)
    assert posted.read(asked) == granted


def test_the_customer_narrows_and_cannot_widen(posted, ada, bo):
    third = posted.world.company("cy")
    last = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=5)).strftime("%Y-%m-%d")
    asked, person = posted.ask(partners=[bo, third], classes=("case_facts", "technical", "diagnostics"))
    person.decide(partners=[bo.id, 4711], classes=["case_facts", "technical", "personal_contact", "secret"], until=last)
    granted = posted.read(asked)
    assert granted["partners"] == [bo.id] and granted["dataClasses"] == ["case_facts", "technical"]
    end = datetime.datetime.strptime(last, "%Y-%m-%d") + datetime.timedelta(days=1)
    assert granted["until"] == end.strftime("%Y-%m-%dT00:00:00Z") < asked["until"]
    record = ada.compliance.get(f"/api/v1/authorizations/{asked['id']}/record", expect=200)["record"]
    assert [e["event_type"] for e in record["event"]] == ["requested", "link_sent", "narrowed"]
    assert record["event"][-1]["entity_id"] == f"customer:{person.customer.id}"


@pytest.mark.parametrize("wrong", [{"partners": []}, {"classes": []}, {"until": "2999-01-01"}, {"until": "2000-01-01"}, {"until": "soon"}])
def test_an_incomplete_yes_is_none_and_uses_no_code_up(posted, wrong):
    asked, person = posted.ask()
    code = person.code()
    person.decide(code=code, expect=400, **wrong)
    assert posted.read(asked)["state"] == "requested"
    person.decide(code=code)
    assert posted.read(asked)["state"] == "granted"


def test_no_rejects_the_waiting_case_and_stands(posted, ada, bo):
    customer = ada.customer()
    case = posted.world.open_case(ada, bo, customer)
    asked, person = posted.ask(customer)
    assert "You refused" in person.decide("refuse").text
    assert posted.read(asked)["state"] == "refused"
    read = ada.engineer.get(f"/v1/collaboration-requests/{case.token}", expect=200)
    assert read["status"] == "REJECTED"
    bo.engineer.get(f"/v1/collaboration-requests/{case.token}", expect=404)


def test_codes_end_after_five_wrong_tries_and_links_after_twenty(posted):
    asked, person = posted.ask()
    for _ in range(4):
        code = person.code()
        for _ in range(5):
            assert person.decide(code="9999 9999" if code != "9999 9999" else "8888 8888", expect=(400, 429)).status
        person.decide(code=code, expect=(400, 429))
        if person.look().text.count("<form") == 0:
            break
    assert person.send(f"/authorize/{person.token}/code", [("x", "")], expect=429).status == 429
    assert posted.read(asked)["state"] == "requested"


def test_a_code_counts_once_and_only_the_newest(posted):
    _, person = posted.ask()
    first = person.code()
    second = person.code()
    if first != second:
        person.decide(code=first, expect=400)
    person.decide(code=second)
    path = f"/receipt/{person.receipt}"
    code = person.code(path)
    person.send(path, [("code", code)])
    person.send(path, [("code", code)], expect=400)


def test_no_more_than_five_codes_an_hour(posted):
    _, person = posted.ask()
    for _ in range(5):
        person.code()
    assert "Too many codes" in person.send(f"/authorize/{person.token}/code", [("x", "")], expect=429).text


# --- the receipt ---


def test_the_receipt_shows_what_was_shown_and_withdraws_at_once(posted, ada, bo):
    customer = ada.customer()
    case = posted.world.open_case(ada, bo, customer)
    case.release_to_receiver()
    asked, person = posted.ask(customer)
    person.decide()
    assert "Nothing was shown to anybody" in person.open_receipt().text
    shown = bo.engineer.get(f"/v1/collaboration-requests/{case.token}", expect=200).body
    page = person.open_receipt().text
    assert case.token in page and bo.name in page and "Nothing was shown" not in page
    record = person.send(f"/receipt/{person.receipt}/record", [("ticket", person.ticket)])
    assert record.body["record"]["pii_processing"]["purpose"] == "support" and record.body["receipt"].count(".") == 2
    assert "attachment" in record.headers["Content-Disposition"]
    # Everything the page says of it stands in the signed JSON as well.
    signed = json.loads(unb64(record.body["receipt"].split(".")[1]))["record"]
    assert signed == record.body["record"]
    names = {party["party_id"]: party for party in signed["party_identification"]}
    assert {(p["party_role"], p["party_name"]) for p in names.values()} == {
        ("controller", ada.name), ("recipient", bo.name), ("principal", customer.name)}
    looks = {(look["case"], names[look["recipient"]]["party_name"]) for look in signed["disclosure"]}
    assert looks == {(case.token, bo.name)}
    for look in signed["disclosure"]:
        assert f"{look['time'][:10]} {look['time'][11:16]} UTC" in page
    (shown_parts,) = signed["shown"]
    listed = re.search(rf"<h3>[^<]*{case.token}.*?</h3><ul>(.*?)</ul>", page, re.S).group(1)
    assert shown_parts["case"] == case.token and shown_parts["fields"] and {"summary", "description"} <= set(shown_parts["parts"])
    for label in shown_parts["fields"]:
        assert f"<li>{html.escape(label)}</li>" in listed, label
    assert listed.count("<li>") == len(shown_parts["fields"]) + len(shown_parts["parts"]) + (shown_parts["notes"] > 0)
    processing = signed["pii_processing"]
    assert f"{processing['valid_until'][:10]} {processing['valid_until'][11:16]} UTC" in page
    assert len(processing["pii_information"]) == len(posted.read(asked)["dataClasses"]) and "passwords" in processing["never_shared"]

    done = person.withdraw()
    assert "Withdrawn" in done.text and "<button class=\"grave\">" not in done.text
    assert posted.read(asked)["state"] == "withdrawn"
    # Before the answer left, the case was frozen: the partner reads none of its content any more.
    frozen = bo.engineer.get(f"/v1/collaboration-requests/{case.token}", expect=200).body
    assert shown["description"] and shown["description"] not in str(frozen)
    assert case.gate()["flow"] == "frozen"
    person.withdraw(expect=409)


def test_who_answers_without_having_read_was_shown_the_case(posted, ada, bo):
    """The answer to an answer is the case: it stands in the register as a read does, for the company, the customer and the log alike."""
    customer = ada.customer()
    case = posted.world.open_case(ada, bo, customer)
    case.release_to_receiver()
    _, person = posted.ask(customer)
    person.decide()
    assert case.approve().body["description"]
    register = ada.compliance.get(f"/api/v1/disclosures?case={case.token}", expect=200).items
    assert [row["company"] for row in register] == [bo.id]
    page = person.open_receipt().text
    assert case.token in page and bo.name in page and "Nothing was shown" not in page


def test_the_ticket_is_the_visit_s(posted):
    _, person = posted.ask()
    person.decide()
    path = f"/receipt/{person.receipt}"
    person.look(path)
    person.send(f"{path}/withdraw", [("ticket", "A" * 32), ("sure", "yes")], expect=400)
    person.send(f"{path}/record", [("ticket", "")], expect=400)
    person.open_receipt()
    person.send(f"{path}/withdraw", [("ticket", person.ticket)], expect=400)  # not sure
    person.withdraw()


# --- emergencies ---


def test_in_an_emergency_the_customer_is_told_and_can_confirm(posted, ada, bo):
    customer = ada.customer()
    case = posted.world.open_case(ada, bo, customer)
    case.release_to_receiver()
    given = ada.engineer.post(f"/api/v1/cases/{case.token}/emergency", {"who": ada.word("night shift"), "when": stamp(-60), "how": "by telephone",
                                                                       "dataClasses": ["case_facts", "technical"]}, expect=200).body
    assert given["releasedCases"] == 1 and given["emergency"] is True and given["assurance"] == "attested" and given["cases"] == [case.token]
    assert given["until"] <= stamp(4 * 3600 + 5)
    bo.engineer.get(f"/v1/collaboration-requests/{case.token}", expect=200)
    assert [z["id"] for z in ada.compliance.get("/api/v1/authorizations?unconfirmed=true", expect=200).items] == [given["id"]]
    person = Person(posted, customer)
    person.open_mail()
    assert "by word of mouth" in person.look().text
    person.decide()
    after = posted.read(given)
    assert after["emergency"] is False and after["assurance"] == "confirmed" and after["until"] > given["until"]
    assert ada.compliance.get("/api/v1/authorizations?unconfirmed=true", expect=200).items == []


def test_without_a_confirmed_contact_there_is_no_emergency(posted, ada, bo):
    case = posted.world.open_case(ada, bo, ada.customer(confirmed=False))
    answer = ada.engineer.post(f"/api/v1/cases/{case.token}/emergency", {"who": "x", "when": stamp(-60), "how": "y", "dataClasses": ["technical"]}, expect=422)
    assert answer["code"] == "no_confirmed_contact"


def test_who_attests_no_emergency_and_where_there_is_none(world, posted, ada, bo, halden, brightwell):
    body = {"who": "x", "when": stamp(-60), "how": "y", "dataClasses": ["technical"]}
    case = posted.world.open_case(ada, bo, ada.customer())
    bo.engineer.post(f"/api/v1/cases/{case.token}/emergency", body, expect=404)
    ada.auditor.post(f"/api/v1/cases/{case.token}/emergency", body, expect=403)
    ada.engineer.post(f"/api/v1/cases/{case.token}/emergency", {**body, "when": stamp(3600)}, expect=400)
    # The agreement of these two permits none.
    held = world.open_case(halden, brightwell, halden.customer())
    assert halden.engineer.post(f"/api/v1/cases/{held.token}/emergency", body, expect=403)["code"] == "emergency_not_permitted"
    assert held.gate()["verdict"] == "hold"


@pytest.mark.parametrize("language, words", [("ja", "許可"), ("de", "Erlaubnis"), ("en", "permission")])
def test_customers_are_written_to_in_their_language(posted, ada, bo, language, words):
    customer = ada.customer(f"speaks {language}", language=language)
    assert customer.contact["language"] == language
    asked = ada.request_authorization(customer, [bo])
    ada.engineer.post(f"/api/v1/authorizations/{asked['id']}/link", {}, expect=201)
    person = Person(posted, customer)
    assert words in person.open_mail()["Subject"]
    assert f'<html lang="{language}">' in person.look().text
    # What nobody asked for by hand is in the same language: an emergency, and a held case of a plain client.
    case = posted.world.open_case(ada, bo, customer)
    case.release_to_receiver()
    ada.engineer.post(f"/api/v1/cases/{case.token}/emergency", {"who": ada.word("night shift"), "when": stamp(-60), "how": "by telephone", "dataClasses": ["technical"]}, expect=200)
    assert {"ja": "緊急", "de": "Notfall", "en": "emergency"}[language] in person.open_mail()["Subject"]
    other = ada.customer(f"asked in {language}", language=language)
    posted.world.operator.patch(f"/api/v1/companies/{ada.id}", {"asksCustomers": True}, expect=200)
    try:
        posted.world.open_case(ada, bo, other, fields={"Customer Email": other.contact["email"]}, caller=ada.client)
    finally:
        posted.world.operator.patch(f"/api/v1/companies/{ada.id}", {"asksCustomers": False}, expect=200)
    assert words in Person(posted, other).open_mail()["Subject"]


# --- plain Connect clients ---


def test_a_held_case_of_a_plain_client_asks_by_itself_where_the_company_lets_it(posted, ada, bo):
    customer = ada.customer()
    fields = {"Customer Email": customer.contact["email"]}
    quiet = posted.world.open_case(ada, bo, customer, fields=fields, caller=ada.client)
    assert ada.engineer.get(f"/api/v1/authorizations?customer={customer.id}", expect=200).items == []
    posted.world.operator.patch(f"/api/v1/companies/{ada.id}", {"asksCustomers": True}, expect=200)
    try:
        case = posted.world.open_case(ada, bo, customer, fields=fields, caller=ada.client)
        again = posted.world.open_case(ada, bo, customer, fields=fields, caller=ada.client)
        stranger = posted.world.open_case(ada, bo, customer, fields={"Customer Email": f"{ada.word('stranger')}@elsewhere.example"}, caller=ada.client)
    finally:
        posted.world.operator.patch(f"/api/v1/companies/{ada.id}", {"asksCustomers": False}, expect=200)
    rows = ada.engineer.get(f"/api/v1/authorizations?customer={customer.id}", expect=200).items
    assert [(row["state"], row["requestedBy"], row["partners"]) for row in rows] == [("requested", "gateway", [bo.id])]
    for each in (quiet, case, again, stranger):
        each.release_to_receiver()
    person = Person(posted, customer)
    person.open_mail()
    person.decide()
    for each in (quiet, case, again, stranger):
        until(lambda one=each: one.gate()["flow"] == "open", what="the release")
    assert len([mail for mail in posted.server.to(person.address) if "/authorize/" in mail.text]) == 1
