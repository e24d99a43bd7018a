"""What time does, on the wire: a gateway whose time of day the test moves (support/clock_shim.cpp), with a real mail server beside it."""

import pytest

from support.customers import Person, PostedWorld, until
from support.gateway import MovedClock
from support.world import stamp


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    return MovedClock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def later(tmp_path_factory, world, clock):
    made = PostedWorld(tmp_path_factory.mktemp("later"), world.contract, "later", clock)
    made.world.operator.patch(f"/api/v1/companies/{made.ada.id}", {"asksCustomers": True}, expect=200)
    yield made
    made.close()


def pass_time(later, clock, **by):
    clock.advance(**by)
    for company in (later.ada, later.bo):
        company.sign_in_again()


def flow(case):
    return case.submitter.engineer.get(f"/api/v1/cases/{case.token}/gate", expect=200)["flow"]


def test_an_emergency_that_nobody_confirms_freezes_by_itself(later, clock):
    ada, bo = later.ada, later.bo
    customer = ada.customer()
    case = later.world.open_case(ada, bo, customer)
    case.release_to_receiver()
    given = ada.engineer.post(f"/api/v1/cases/{case.token}/emergency", {"who": ada.word("night shift"), "when": stamp(-60), "how": "by telephone",
                                                                       "dataClasses": ["case_facts", "technical"]}, expect=200).body
    person = Person(later, customer)
    person.open_mail()
    assert case.draft["problemSummary"] in case.seen_by_receiver().text
    pass_time(later, clock, hours=3, minutes=50)
    assert flow(case) == "open"
    pass_time(later, clock, minutes=20)
    until(lambda: flow(case) == "frozen", what="the freeze")
    # Nothing of the case is readable for the receiver any more, and it stands in the officer's report.
    seen = case.seen_by_receiver(expect=(200, 403))
    assert case.draft["problemSummary"] not in seen.text
    assert case.note(ada.engineer, "one more thing", expect=403)["code"] == "authorization_withdrawn"
    assert given["id"] in [z["id"] for z in ada.compliance.get("/api/v1/authorizations?unconfirmed=true", expect=200).items]
    # The customer may still say yes, and the flow goes on.
    person.decide()
    until(lambda: flow(case) == "open", what="the release after the confirmation")


def test_after_the_end_both_sides_and_the_customer_are_asked(later, clock):
    ada, bo = later.ada, later.bo
    asked, person = later.ask(language="de")
    case = later.world.open_case(ada, bo, person.customer)
    case.release_to_receiver()
    person.decide()
    until(lambda: flow(case) == "open", what="the release")
    case.approve()
    ada.engineer.post(f"{case.path}/closure", None, expect=200)
    pass_time(later, clock, days=4, hours=23)
    assert case.seen_by_submitter()["feedbackRequested"] is False
    pass_time(later, clock, hours=2)
    until(lambda: case.seen_by_submitter()["feedbackRequested"], what="the request")
    mail = person.open_mail()
    assert "Wie ist es" in mail["Subject"] and case.token in mail.text
    page = person.look(f"/feedback/{person.token}").text
    assert "Wie zufrieden" in page and page.count('type="radio"') == 5 and "<script" not in page
    # Looking answers nothing, and neither does sending nothing.
    assert "Wählen Sie" in person.answer_feedback(expect=400).text
    timeline = ada.engineer.get(f"/api/v1/cases/{case.token}/timeline", expect=200)
    assert timeline["feedback"] == {"requested": True, "answers": []}
    assert "Danke" in person.answer_feedback(2).text
    person.answer_feedback(4)
    for company in (ada, bo):
        answers = company.engineer.get(f"/api/v1/cases/{case.token}/timeline", expect=200)["feedback"]["answers"]
        assert [(one["by"], one["score"]) for one in answers] == [("customer", 4)]
        counted = company.engineer.get("/api/v1/feedback", expect=200)
        assert counted["asked"] == 1 and [(row["by"], row["answers"]) for row in counted["items"]] == [("customer", 1)]
    # While the case is worked on again there is nothing to answer; and a link ends.
    ada.engineer.post(f"/api/v1/cases/{case.token}/reopen", {"reason": "recurred"}, expect=200)
    person.answer_feedback(5, expect=409)
    pass_time(later, clock, days=31)
    person.look(f"/feedback/{person.token}", expect=404)
    log = later.gateway.log()
    assert person.token not in log and person.address not in log


def test_a_customer_who_withdrew_is_not_written_to(later, clock):
    ada, bo = later.ada, later.bo
    asked, person = later.ask(days=90)
    case = later.world.open_case(ada, bo, person.customer)
    case.release_to_receiver()
    person.decide()
    until(lambda: flow(case) == "open", what="the release")
    case.approve()
    ada.engineer.post(f"{case.path}/closure", None, expect=200)
    person.open_receipt()
    person.withdraw()
    before = len(later.server.to(person.address))
    pass_time(later, clock, days=6)
    until(lambda: case.seen_by_submitter()["feedbackRequested"], what="the request")
    # A further mail to the same mailbox shows that the gateway would have written by now.
    ada.engineer.post(f"/api/v1/authorizations/{ada.request_authorization(person.customer, [bo], days=90)['id']}/link", {}, expect=201)
    mails = later.server.wait(person.address, before + 2)
    assert not [mail for mail in mails if "/feedback/" in (mail.text or "")]
