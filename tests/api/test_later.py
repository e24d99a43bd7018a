"""What time does, on the wire: a gateway whose time of day the test moves (support/clock_shim.cpp), with a real mail server beside it."""

import threading

import pytest

from support.customers import Person, PostedWorld, until
from support.files import send
from support.gateway import MovedClock
from support.receiver import Receiver
from support.world import stamp


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    return MovedClock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def later(tmp_path_factory, world, clock):
    folder = tmp_path_factory.mktemp("later")
    settings = {"case.content_removal_days": 40, "deliveries.allowed_networks": "127.0.0.0/8", "deliveries.timeout_seconds": 60,
                "deliveries.authorities": str(folder / "keys" / "authority" / "ca.pem")}
    made = PostedWorld(folder, world.contract, "later", clock, settings)
    made.world.operator.patch(f"/api/v1/companies/{made.ada.id}", {"asksCustomers": True}, expect=200)
    yield made
    made.close()


def pass_time(later, clock, **by):
    clock.advance(**by)
    later.world.sign_in_operator()
    for company in (later.ada, later.bo):
        company.sign_in_again()


def flow(case):
    return case.submitter.engineer.get(f"/api/v1/cases/{case.token}/gate", expect=200)["flow"]


def test_a_file_lies_in_the_spool_for_a_day_at_most(later, clock):
    ada, bo = later.ada, later.bo
    customer = ada.customer()
    ada.authorize(customer, [bo], days=90)
    case = later.world.open_case(ada, bo, customer)
    case.release_to_receiver()
    ada.administrator.put("/api/v1/attachment-target", {"history": True}, expect=200)
    path, spool = f"/api/v1/cases/{case.token}/attachments", later.gateway.data / "spool"
    # Nobody says where files go, so this one may be sent again.
    assert send(ada.engineer, case.token, ("kept.txt", b"words " * 50_000)).body[0]["receiverStatus"] == "CONFIG_MISSING"
    kept = ada.engineer.get(path, expect=200).items[0]
    assert kept["state"] == "failed" and len(list(spool.iterdir())) == 1
    pass_time(later, clock, hours=23, minutes=50)
    # Of two files only the older one has its day behind it.
    send(ada.engineer, case.token, ("younger.txt", b"words"))
    assert ada.engineer.post(f"{path}/{kept['id']}/resume", expect=200).body[0]["receiverStatus"] == "CONFIG_MISSING"
    assert len(list(spool.iterdir())) == 2
    pass_time(later, clock, minutes=20)
    until(lambda: len(list(spool.iterdir())) == 1, what="the end of the older one")
    assert ada.engineer.post(f"{path}/{kept['id']}/resume", expect=422).code == "nothing_to_resume"
    assert {row["fileName"]: row["state"] for row in ada.engineer.get(path, expect=200).items} == {"kept.txt": "done", "younger.txt": "failed"}
    # A gateway that was off for a day owes it as well.
    later.gateway.stop()
    clock.advance(hours=25)
    later.gateway.start()
    pass_time(later, clock)
    until(lambda: not list(spool.iterdir()), what="an empty spool")
    ada.administrator.put("/api/v1/attachment-target", {}, expect=200)


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


def test_what_is_left_of_a_note_is_shown_to_who_asks(later, clock):
    ada, bo = later.ada, later.bo
    customer = ada.customer()
    ada.authorize(customer, [bo], days=300)
    case = later.world.released_case(ada, bo, customer)
    case.approve()
    word = ada.word("words to go", (bo.key,))
    case.note(ada.engineer, f"Settings {word}", f"All of them {word}")
    ada.engineer.post(f"{case.path}/closure", None, expect=200)
    pass_time(later, clock, days=41)
    timeline = f"/api/v1/cases/{case.token}/timeline"
    until(lambda: "content.removed" in [event["type"] for event in ada.engineer.get(f"/api/v1/events?after=0&limit=500", expect=200).items
                                        if event["subject"] == f"cases/{case.token}"], what="the removal")
    assert ada.engineer.get(timeline, expect=200)["status"] == "CLOSED"
    removed = "Note removed - Older than 30 days"
    for company in (ada, bo):
        hidden = company.engineer.get(case.path, expect=200)["caseNotes"]
        shown = company.engineer.get(f"{case.path}?includeRemovedNotes=true", expect=200)["caseNotes"]
        assert removed not in [note["summary"] for note in hidden] and [note["summary"] for note in shown].count(removed) == 1
        assert len(shown) == len(hidden) + 1
        for path, wish in ((f"{case.path}/notes", "includeRemoved=true"), (f"/api/v1/cases/{case.token}/notes", "includeRemoved=true")):
            fewer, more = company.engineer.get(path, expect=200), company.engineer.get(f"{path}?{wish}", expect=200)
            assert removed not in fewer.text and removed in more.text and word not in more.text
    # Words have no place there any more; a score has.
    body = {"score": 3, "text": "late"}
    ada.engineer.post(f"/api/v1/cases/{case.token}/feedback", body, expect=422)
    ada.engineer.post(f"/api/v1/cases/{case.token}/feedback", {"score": 3}, expect=200)


def test_rules_with_a_day_of_their_own_judge_held_cases_again_on_that_day(later, clock):
    ada, bo = later.ada, later.bo

    def rules(actions, **more):
        row = ada.compliance.post("/api/v1/sharing-rules", {"actions": [{"kind": kind, "action": action} for kind, action in actions.items()],
                                                            "reason": f"Test {ada.word('rules reason')}", **more}, expect=201).body
        return ada.administrator.post(f"/api/v1/sharing-rules/{row['id']}/approve", expect=200).body

    rules({"phone_number": "hold"})
    customer = ada.customer()
    ada.authorize(customer, [bo], days=300)
    case = later.world.open_case(ada, bo, customer, problemDescription="Call us: +49 30 901821 77", fields={"Customer Phone Including Country Code": ""})
    assert flow(case) == "held" and case.gate()["reason"] == "content_needs_review"
    in_two_days = stamp(clock.later.total_seconds() + 2 * 86400)
    assert rules({"phone_number": "mask"}, effectiveFrom=in_two_days)["effectiveFrom"] == in_two_days
    assert flow(case) == "held"
    pass_time(later, clock, days=2, minutes=5)
    until(lambda: flow(case) == "open", what="the release under the new rules")
    case.release_to_receiver()
    shown = case.seen_by_receiver()["description"]
    assert "901821" not in shown and "Call us" in shown


def test_a_lease_that_ended_is_given_again_while_the_gateway_runs(later, clock):
    ada, bo = later.ada, later.bo
    authority = later.gateway.keys / "authority"
    first, never = threading.Event(), threading.Event()

    def behave(taken):
        if not first.is_set():
            first.set()
            never.wait(60)  # this call does not come back while it matters
        return 204

    with Receiver(authority / "server.pem", authority / "server.key", ledger=later.world.ledger, company=ada.key, behave=behave) as receiver:
        hook = ada.administrator.post("/api/v1/webhooks", {"callbackUrl": f"{receiver.base}/in", "eventTypes": ["case.created"]}, expect=201).body
        customer = ada.customer()
        ada.authorize(customer, [bo], days=300)
        later.world.released_case(ada, bo, customer)
        assert first.wait(30)
        rows = f"/api/v1/webhooks/{hook['id']}/deliveries"
        assert [row["state"] for row in ada.administrator.get(rows, expect=200).items] == ["leased"]
        pass_time(later, clock, minutes=6)
        until(lambda: [row["state"] for row in ada.administrator.get(rows, expect=200).items] == ["delivered"], what="the second attempt")
        one, two = receiver.got("/in")
        assert one.id == two.id and one.raw == two.raw
        # The first call comes back at last, and changes nothing.
        never.set()
        until(lambda: receiver.got("/in")[0].status == 204, what="the end of the first call")
        row, = ada.administrator.get(rows, expect=200).items
        assert row["state"] == "delivered" and row["attempts"] == 2
        assert not receiver.complaints
        ada.administrator.delete(f"/api/v1/webhooks/{hook['id']}", expect=204)


def test_every_life_of_this_gateway_rebuilds_from_its_log(later):
    whole = {"cases": 0, "exact": 0}
    after = 0
    while after is not None:
        page = later.world.operator.post(f"/api/v1/lives/replay?limit=2&after={after}", expect=200).body
        assert page["firstDifference"] is None and page["older"] == page["erased"] == 0 and page["cases"] <= 2
        whole = {name: whole[name] + page[name] for name in whole}
        after = page["next"]
    assert whole["cases"] == whole["exact"] >= 4
    own = later.bo.compliance.post("/api/v1/lives/replay?limit=500", expect=200)
    assert own["exact"] == own["cases"] <= whole["cases"]
    later.ada.engineer.post("/api/v1/lives/replay", expect=403)


def test_the_words_of_an_ended_case_go_and_a_legal_hold_keeps_them(later, clock):
    ada, bo = later.ada, later.bo
    customer = ada.customer()
    ada.authorize(customer, [bo], days=365)
    held, free = (later.world.open_case(ada, bo, customer) for _ in range(2))
    for case in (held, free):
        case.release_to_receiver()
        ada.engineer.post(f"/api/v1/cases/{case.token}/withdraw", {"reason": "not_needed"}, expect=200)
    hold = ada.compliance.post("/api/v1/holds", {"scope": "case", "case": held.token, "reason": "Court"}, expect=201)
    ada.administrator.post(f"/api/v1/holds/{hold['id']}/confirm", expect=200)

    def words(case):
        return case.draft["problemDescription"] in ada.engineer.get(case.path, expect=200).text

    pass_time(later, clock, days=39)
    assert words(held) and words(free), "too young"
    def put_off():
        rows = ada.compliance.get(f"/api/v1/audit/entries?case={held.token}&limit=200", expect=200).items
        return [row["reason"] for row in rows if row["operation"] == "case.content.put_off"]

    for times in (1, 2, 3):
        pass_time(later, clock, days=2)
        until(lambda: put_off() == ["legal_hold"] * times, what="the look at what is held")
        assert words(held), "a legal hold keeps them"
    until(lambda: not words(free), what="the removal")
    for caller in (ada.compliance, ada.administrator):
        caller.post(f"/api/v1/holds/{hold['id']}/lift", expect=200)
    pass_time(later, clock, days=2)
    until(lambda: not words(held), what="the removal after the hold")
