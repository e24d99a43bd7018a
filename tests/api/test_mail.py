"""Mails over a real SMTP server on loopback: who is told what, in which words, what comes back, and what never leaves."""

import base64
import hashlib
import hmac
import json
import re
import subprocess

import pytest

from support.customers import PostedWorld, mail_settings
from support.evidence import Pack
from support.gateway import Gateway, program, until
from support.mailserver import PASSWORD, MailServer, delivery_report, reply
from support.world import World, stamp

BOX = "reply@gateway.example"


class Post(PostedWorld):
    """A gateway that sends mails and takes replies, and a customer who permitted everything."""

    def __init__(self, folder, contract):
        super().__init__(folder, contract, "mail", settings={"mail.reply_box": BOX}, departments=("Switching",))
        self.customer = self.ada.customer("post")
        self.ada.authorize(self.customer, [self.bo])

    def case(self, **options):
        return self.world.released_case(self.ada, self.bo, self.customer, **options)

    def take(self, raw, expect=200):
        return self.world.operator.request("POST", "/api/v1/mail/received", data=raw, headers={"Content-Type": "message/rfc822"}, expect=expect)

    def prefer(self, caller, **members):
        return caller.put("/api/v1/mail/preferences", {"language": "en", "delivery": "immediate", **members}, expect=200).body

    def outbox(self, company, **where):
        rows = company.administrator.get("/api/v1/mail/outbox", expect=200).items
        return [row for row in rows if all(row.get(name) == value for name, value in where.items())]

    def settled(self, company, state, **where):
        return until(lambda: [row for row in self.outbox(company, **where) if row["state"] == state] or None, what=f"a mail that is {state}")

    def address(self, company, role="engineer"):
        return company.accounts[role]["email"]

    def company_of(self, address):
        for company in (self.ada, self.bo):
            if address.endswith("@" + company.domain):
                return company
        return None


@pytest.fixture(scope="module")
def post(tmp_path_factory, world):
    made = Post(tmp_path_factory.mktemp("post"), world.contract)
    yield made
    try:
        # Whatever was sent in this module: nobody reads a word or an address of the other company, and nothing went to two people.
        for mail in made.server.mails:
            assert len(mail.recipients) == 1, mail
            company = made.company_of(mail.recipients[0])
            assert not made.world.ledger.leaks(mail.everything, company.key if company else "nobody"), mail
            for other in (made.ada, made.bo):
                if company is not None and other is not company:
                    assert "@" + other.domain not in mail.everything, mail
        assert all(dialogue == (True, True) for dialogue in made.server.dialogues)
        log = made.gateway.log()
        assert PASSWORD not in log and not re.search(r"reply\+[a-z2-7]{37}", log)
        verdict = made.world.verify()
        assert verdict["ok"] is True
    finally:
        made.gateway.close()
        made.server.stop()


def test_a_test_mail_reaches_its_person_and_nobody_else(post):
    engineer = post.ada.engineer
    engineer.post("/api/v1/mail/test", {}, expect=202)
    address = engineer.get("/api/v1/mail/preferences", expect=200)["address"]
    mail = post.server.wait(address)[0]
    assert mail["From"] == "Entente <entente@gateway.example>" and mail["Auto-Submitted"] == "auto-generated"
    assert "Test mail" in mail["Subject"] and "reach you" in mail.text and "reach you" in mail.html
    assert mail.sender.startswith("reply+") and mail["Message-ID"].endswith("@gateway.example>")
    engineer.post("/api/v1/mail/test", {"address": f"other@{post.ada.domain}"}, expect=400)
    post.ada.client.post("/api/v1/mail/test", {}, expect=403)


def test_the_operator_tests_an_address(post):
    post.world.operator.post("/api/v1/mail/test", {"address": "postmaster@relay.example"}, expect=202)
    post.server.wait("postmaster@relay.example")
    post.world.operator.post("/api/v1/mail/test", {"address": "not an address"}, expect=400)
    rows = post.world.operator.get("/api/v1/mail/outbox", expect=200).items
    assert rows and rows[0]["kind"] == "test" and rows[0]["contact"].startswith("operator/")


def test_a_department_and_the_opener_are_told_without_content(post):
    box = f"switching-team@{post.bo.domain}"
    department = post.bo.departments[0]
    made = post.bo.administrator.post("/api/v1/mail/boxes", {
        "kind": "team", "address": box, "department": department["id"], "language": "de", "delivery": "immediate"}, expect=201).body
    assert made in post.bo.administrator.get("/api/v1/mail/boxes", expect=200).items
    elsewhere = f"storage-team@{post.bo.domain}"
    post.bo.administrator.post("/api/v1/mail/boxes", {"kind": "team", "address": elsewhere, "department": department["id"], "language": "en", "delivery": "off"}, expect=201)
    case = post.case(document=department["form"]["id"])
    told = post.server.wait(box)[0]
    assert told["Content-Language"] == "de" and "Neuer Fall von" in told["Subject"] and case.token in told.text
    assert "##- Entente -##" in told.text and told["Reply-To"].startswith("reply+") and "mailto:reply+" in told["List-Unsubscribe"]
    assert not post.world.ledger.of("ada") or not set(re.findall("qx[a-z]{10}", told.everything)) & {
        word for word in post.world.ledger.of("ada") if word in case.draft["problemSummary"] + case.draft["problemDescription"]}
    case.approve()
    opener = post.ada.engineer.get("/api/v1/mail/preferences", expect=200)["address"]
    accepted = until(lambda: [m for m in post.server.to(opener) if m["X-Entente-Event"] == "case.accepted"], what="the mail of acceptance")[-1]
    assert "R-1" in accepted.text and "accepted the case" in accepted["Subject"]
    assert accepted["References"] == told["References"] and accepted["Message-ID"] != told["Message-ID"]
    assert not post.server.to(elsewhere)


def test_words_of_the_case_come_only_when_the_company_wants_them(post):
    case = post.case()
    case.approve()
    opener = post.ada.engineer.get("/api/v1/mail/preferences", expect=200)["address"]
    secret = "password: Gr8-Harbour!Gate"
    note = post.bo.word("note of bo", ("ada",))
    case.note(post.bo.engineer, f"Found {note}", f"We saw it. {secret}")
    plain = until(lambda: [m for m in post.server.to(opener) if m["X-Entente-Event"] == "note.created" and case.token in m.text], what="the plain mail")[0]
    assert note not in plain.everything and "sign in to read" in plain.text
    assert post.ada.administrator.put("/api/v1/mail/settings", {"content": True, "language": "en"}, expect=200)["content"] is True
    assert post.ada.administrator.get("/api/v1/mail/settings", expect=200)["content"] is True
    try:
        case.note(post.bo.engineer, f"Again {note}", f"We saw it again. {secret}")
        full = until(lambda: [m for m in post.server.to(opener) if m["X-Entente-Event"] == "note.created" and note in m.text], what="the mail with words")[0]
        assert "Gr8-Harbour" not in full.everything and "[secret removed]" in full.html, full.text
        assert "We saw it again." in full.text, full.text
    finally:
        post.ada.administrator.put("/api/v1/mail/settings", {"content": False, "language": "en"}, expect=200)


def test_words_in_a_mail_are_a_disclosure(post):
    """The partner's company has its mails with content: the register names the version, both sides have the record, nothing counts as taken."""
    box = f"with-words@{post.bo.domain}"
    made = post.bo.administrator.post("/api/v1/mail/boxes", {"kind": "team", "address": box, "language": "en", "delivery": "immediate"}, expect=201).body
    post.bo.administrator.put("/api/v1/mail/settings", {"content": True, "language": "en"}, expect=200)
    try:
        case = post.case()
        mail = until(lambda: [m for m in post.server.to(box) if case.token in m.text], what="the mail with words")[0]
        assert case.draft["problemSummary"] in mail.text
    finally:
        post.bo.administrator.put("/api/v1/mail/settings", {"content": False, "language": "en"}, expect=200)
        post.bo.administrator.delete(f"/api/v1/mail/boxes/{made['id']}", expect=204)
    shown = post.ada.compliance.get(f"/api/v1/disclosures?case={case.token}", expect=200).items
    assert [(row["operation"], row["company"]) for row in shown] == [("mail.content.send", post.bo.id)]
    record = next(row for row in post.ada.compliance.get(f"/api/v1/audit/entries?case={case.token}&order=newest", expect=200).items if row["operation"] == "mail.content.send")
    assert {(one["type"], one["uid"]) for one in record["core"]["resources"]} >= {("case", str(case.id)), ("company", str(post.bo.id))}
    breach = Pack.of_answer(post.ada.compliance.post("/api/v1/evidence/breaches", {"from": stamp(-600), "until": stamp(60), "partner": post.bo.id}, expect=200)).json("breach.json")
    assert [(item["operation"], item["how"], item["version"]) for item in breach["items"] if item["case"] == case.id] == [("mail.content.send", "sent", shown[0]["version"])]
    created = lambda: [row for row in post.ada.compliance.get(f"/api/v1/audit/reconciliation?since={stamp(-600)}", expect=200)["items"] if row["case"] == case.token]
    assert created()[0]["taken"] is None, "a mail may still come back"
    case.seen_by_receiver()
    assert created()[0]["taken"]["how"] == "read"
    assert post.ada.compliance.get(f"/api/v1/disclosures?case={case.token}", expect=200).items == shown, "the mail was first"


def test_people_choose_language_digest_and_silence(post):
    caller = post.ada.compliance
    address = caller.get("/api/v1/mail/preferences", expect=200)["address"]
    post.prefer(caller, language="ja", delivery="digest", allCases=True, digestAt="23:59",
                exceptions=[{"event": "case.closed", "delivery": "immediate"}, {"event": "information.requested", "delivery": "off"}])
    again = caller.get("/api/v1/mail/preferences", expect=200).body
    assert again["language"] == "ja" and again["digestAt"] == "23:59" and len(again["exceptions"]) == 2
    case = post.case()
    post.bo.engineer.post(f"{case.path}/information-request", {"requestedInformation": "Which release?"}, expect=200)
    post.ada.engineer.post(f"{case.path}/information-response", {"requestedInformation": "9.3"}, expect=200)
    case.approve()
    case.note(post.bo.engineer, "For the digest")
    queued = until(lambda: caller.post("/api/v1/mail/digest", expect=202)["delivery"], what="something for the digest")
    assert queued > 0
    digest = until(lambda: [m for m in post.server.to(address) if m["X-Entente-Event"] == "digest"], what="the digest")
    post.ada.engineer.post(f"{case.path}/closure", {}, expect=200)
    texts = "".join(m.text for m in digest)
    assert digest[0]["Content-Language"] == "ja" and "ケース" in digest[0]["Subject"] and "受け付けました" in texts
    assert "情報を求めています" not in texts
    assert [m for m in post.server.to(address) if m["X-Entente-Event"] not in ("digest", "case.closed")] == []
    post.prefer(caller, delivery="off")
    for wrong in ({"language": "fr", "delivery": "off"}, {"language": "en", "delivery": "never"}, {"language": "en", "delivery": "off", "digestAt": "25:00"}):
        caller.put("/api/v1/mail/preferences", wrong, expect=400)


def test_a_ticket_system_gets_a_plain_copy_of_everything(post):
    box = f"tickets@{post.ada.domain}"
    made = post.ada.administrator.post("/api/v1/mail/boxes", {"kind": "copy", "address": box, "language": "en", "delivery": "digest"}, expect=201).body
    case = post.case()
    case.approve()
    case.note(post.ada.engineer, "Our own step")
    until(lambda: {"note.created", "case.accepted"} <= {m["X-Entente-Event"] for m in post.server.to(box)}, what="copies")
    mails = post.server.to(box)
    assert all(m.html is None and m["X-Entente-Case"] == case.token and m["Reply-To"] is None for m in mails)
    changed = post.ada.administrator.put(f"/api/v1/mail/boxes/{made['id']}", {"kind": "copy", "address": box, "language": "en", "delivery": "off"}, expect=200).body
    assert changed["delivery"] == "off"
    post.bo.administrator.put(f"/api/v1/mail/boxes/{made['id']}", {"kind": "copy", "address": f"x@{post.bo.domain}", "language": "en", "delivery": "off"}, expect=404)
    post.bo.administrator.delete(f"/api/v1/mail/boxes/{made['id']}", expect=404)
    post.ada.administrator.delete(f"/api/v1/mail/boxes/{made['id']}", expect=204)
    post.ada.administrator.post("/api/v1/mail/boxes", {"kind": "copy", "address": f"tickets@{post.bo.domain}", "language": "en", "delivery": "immediate"}, expect=400)
    post.ada.engineer.post("/api/v1/mail/boxes", {"kind": "copy", "address": box, "language": "en", "delivery": "off"}, expect=403)


def test_a_step_is_told_once_and_nothing_holds_the_outbox_up(post):
    """A follower without a row of its own, an event that nobody wants, an entry of a digest: each alone is a round of the dispatcher."""
    case = post.case()
    case.note(post.ada.person("engineer", "2"), "A second follower, and nobody is told of the own company")
    case.approve()
    opener = post.ada.engineer.get("/api/v1/mail/preferences", expect=200)["address"]
    told = until(lambda: [m for m in post.server.to(opener) if m["X-Entente-Case"] == case.token] or None, what="the mail of acceptance")
    second = post.address(post.ada, "engineer2")
    post.server.wait(second)
    assert [m["X-Entente-Event"] for m in told] == ["case.accepted"]
    assert "round_failed" not in post.gateway.log()


def test_the_outbox_of_mails_goes_on_behind_a_mail(post):
    sent = [post.world.operator.post("/api/v1/mail/test", {"address": f"page{number}@relay.example"}, expect=202)["delivery"] for number in range(2)]
    newest = [row["id"] for row in post.world.operator.get("/api/v1/mail/outbox", expect=200).items]
    assert newest[:2] == sent[::-1]
    behind = [row["id"] for row in post.world.operator.get(f"/api/v1/mail/outbox?before={sent[1]}", expect=200).items]
    assert behind == newest[1:]


def test_what_the_mail_server_refuses_for_now_is_sent_again(post):
    post.server.refusals["later@relay.example"] = ["451 4.7.1 greylisted", "450 4.2.0 again"]
    queued = post.world.operator.post("/api/v1/mail/test", {"address": "later@relay.example"}, expect=202)["delivery"]
    mails = post.server.wait("later@relay.example")
    assert len(mails) == 1
    row = until(lambda: next((r for r in post.world.operator.get("/api/v1/mail/outbox?state=delivered", expect=200).items if r["id"] == queued), None))
    assert row["attempts"] == 3


def test_a_refusal_for_good_is_noted_on_the_contact_and_ends_the_mails(post):
    person = post.world.operator.post("/api/v1/users", {
        "company": post.ada.id, "username": f"gone@{post.ada.domain}", "firstName": "Gone", "lastName": "Away", "email": f"gone@{post.ada.domain}", "role": "engineer"}, expect=201).body
    caller = post.world.caller("ada").login(person["username"], person["password"])
    address = person["email"]
    post.server.refusals[address] = [f"550 5.1.1 <{address}>: no such user"]
    caller.post("/api/v1/mail/test", {}, expect=202)
    row = post.settled(post.ada, "dead", contact=f"person/{person['id']}")[0]
    assert row["reason"] == "recipient_5.1.1" and row["attempts"] == 1
    bounce = next(b for b in post.ada.administrator.get("/api/v1/mail/bounces", expect=200).items if b["contact"] == f"person/{person['id']}")
    assert bounce["code"] == "5.1.1" and bounce["stopped"] is True
    assert caller.get("/api/v1/mail/preferences", expect=200)["addressStopped"] is True
    assert not [b for b in post.bo.administrator.get("/api/v1/mail/bounces", expect=200).items if b["id"] == bounce["id"]]
    post.prefer(caller, allCases=True)
    case = post.case()
    case.approve()
    assert post.settled(post.ada, "stopped", contact=f"person/{person['id']}")[0]["reason"] == "address_bounced"
    post.bo.administrator.delete(f"/api/v1/mail/bounces/{bounce['id']}", expect=404)
    post.ada.administrator.delete(f"/api/v1/mail/bounces/{bounce['id']}", expect=204)
    del post.server.refusals[address]
    case.note(post.bo.engineer, "After it was mended")
    post.server.wait(address)
    post.world.operator.patch(f"/api/v1/users/{person['id']}", {"active": False}, expect=200)


def test_a_mail_that_is_refused_itself_says_nothing_about_the_address(post):
    post.server.data_refusals["picky@relay.example"] = ["554 5.7.1 looks like spam"]
    queued = post.world.operator.post("/api/v1/mail/test", {"address": "picky@relay.example"}, expect=202)["delivery"]
    row = until(lambda: next((r for r in post.world.operator.get("/api/v1/mail/outbox?state=dead", expect=200).items if r["id"] == queued), None))
    assert row["reason"] == "message_5.7.1"


def test_a_reply_becomes_a_note_through_the_gate_once(post):
    case = post.case()
    case.approve()
    opener = post.ada.engineer.get("/api/v1/mail/preferences", expect=200)["address"]
    mail = until(lambda: [m for m in post.server.to(opener) if m["X-Entente-Event"] == "case.accepted" and case.token in m.text], what="a mail to answer")[0]
    word = post.ada.word("reply by mail", ("bo",))
    raw = reply(mail, opener, f"It works now {word}.\nThe login was password: Gr8-Harbour!Gate\n-- \nSignature of {post.ada.word('signature')}")
    assert post.take(raw).body == {"outcome": "note_added", "taken": True}
    assert post.take(b"Received: from elsewhere\n" + raw)["outcome"] == "already_taken"
    notes = [n for n in case.seen_by_receiver()["caseNotes"] if word in n["description"]]
    assert len(notes) == 1 and "Gr8-Harbour" not in notes[0]["description"] and "wrote:" not in notes[0]["description"]
    own = [n for n in case.seen_by_submitter()["caseNotes"] if word in n["description"]]
    assert "Gr8-Harbour!Gate" in own[0]["description"] and own[0]["creatorEmail"] == opener
    html = post.ada.word("html reply", ("bo",))
    assert post.take(reply(mail, f'"Ada O." <{opener.upper()}>', html, html=f"<style>p{{}}</style><p>Only <b>HTML</b> {html}</p><blockquote>old</blockquote>"))["taken"] is True
    assert [n for n in case.seen_by_receiver()["caseNotes"] if f"Only HTML {html}" in n["description"]]


def test_the_mail_servers_pipe_hands_it_in(post):
    case = post.case()
    case.approve()
    opener = post.ada.engineer.get("/api/v1/mail/preferences", expect=200)["address"]
    mail = until(lambda: [m for m in post.server.to(opener) if m["X-Entente-Event"] == "case.accepted" and case.token in m.text], what="a mail to answer")[0]
    word = post.ada.word("piped reply", ("bo",))
    raw = reply(mail, opener, f"Piped {word}", to="undisclosed@relay.example")
    piped = subprocess.run([program(), "mail", "receive", "--recipient", mail["Reply-To"], "--config", post.gateway.config], input=b"From x Tue Nov 24\n" + raw, capture_output=True, timeout=60, check=False)
    assert (piped.returncode, piped.stdout) == (0, b"note_added\n"), piped
    assert [n for n in case.seen_by_receiver()["caseNotes"] if word in n["description"]]
    down = subprocess.run([program(), "mail", "receive", "--url", "https://127.0.0.1:1", "--config", post.gateway.config], input=raw, capture_output=True, timeout=60, check=False)
    assert down.returncode == 75, down


def hkdf(root, label):
    """The gateway's mail key, as certs/keys derives it."""
    pseudo = hmac.new(bytes(32), root, hashlib.sha256).digest()
    return hmac.new(pseudo, b"gw-audit/v1/kdf/" + label + b"\0\x01", hashlib.sha256).digest()


def expired(post, address):
    """The same address with a last day in the past, signed with the right key."""
    tag = re.search(r"\+([a-z2-7]{37})@", address).group(1)
    said = base64.b32decode((tag + "===").upper())[:11]
    said = said[:9] + (1000).to_bytes(2, "big")
    key = hkdf((post.gateway.keys / "root.key").read_bytes(), b"mail")
    mac = hmac.new(key, b"gw-mail/v1/tag\0" + said, hashlib.sha256).digest()[:12]
    return address.replace(tag, base64.b32encode(said + mac).decode().rstrip("=").lower())


def test_forged_expired_foreign_and_automatic_replies_change_nothing(post):
    case = post.case()
    case.approve()
    opener = post.ada.engineer.get("/api/v1/mail/preferences", expect=200)["address"]
    mail = until(lambda: [m for m in post.server.to(opener) if m["X-Entente-Event"] == "case.accepted" and case.token in m.text], what="a mail to answer")[0]
    before = len(case.seen_by_submitter()["caseNotes"])
    good = mail["Reply-To"]
    bent = good.replace(good[8], "a" if good[8] != "a" else "b")
    colleague = post.ada.compliance.get("/api/v1/mail/preferences", expect=200)["address"]
    partner = post.bo.engineer.get("/api/v1/mail/preferences", expect=200)["address"]
    for raw, outcome in (
        (reply(mail, opener, "forged", to=bent), "unknown_address"),
        (reply(mail, opener, "no tag", to=BOX), "unknown_address"),
        (reply(mail, opener, "too late", to=expired(post, good)), "expired"),
        (reply(mail, colleague, "another person of the company"), "sender_unknown"),
        (reply(mail, partner, "the other company"), "sender_unknown"),
        (reply(mail, f"{opener}, {partner}", "two authors"), "sender_unknown"),
        (reply(mail, opener, "I am away", headers=["Auto-Submitted: auto-replied"]), "ignored_automatic"),
        (reply(mail, opener, ""), "empty"),
        (b"", "unknown_address"),
        (b"\xff\x00" * 2000, "unknown_address"),
    ):
        assert post.take(raw).body == {"outcome": outcome, "taken": False}
    assert len(case.seen_by_submitter()["caseNotes"]) == before
    # The one who owns the address is told at that address, in its own words; the From line gets nothing.
    notice = until(lambda: [m for m in post.server.to(opener) if m["X-Entente-Event"] == "reply_refused"], what="the notice")
    assert len(notice) == 1 and "expired" in notice[0].text
    post.ada.engineer.request("POST", "/api/v1/mail/received", data=reply(mail, opener, "not the mail server"), headers={"Content-Type": "message/rfc822"}, expect=403)


def test_a_reply_to_a_frozen_case_is_refused_and_told(post):
    customer = post.ada.customer("frozen")
    authorization = post.ada.authorize(customer, [post.bo])
    case = post.world.released_case(post.ada, post.bo, customer)
    case.approve()
    opener = post.ada.engineer.get("/api/v1/mail/preferences", expect=200)["address"]
    mail = until(lambda: [m for m in post.server.to(opener) if m["X-Entente-Event"] == "case.accepted" and case.token in m.text], what="a mail to answer")[0]
    post.ada.withdraw(authorization, customer)
    assert post.take(reply(mail, opener, f"late {post.ada.word('late reply')}"))["outcome"] == "authorization_withdrawn"
    until(lambda: [m for m in post.server.to(opener) if m["X-Entente-Event"] == "reply_refused" and case.token in m.text], what="the notice")
    frozen = until(lambda: [m for m in post.server.to(opener) if m["X-Entente-Event"] == "case.frozen" and case.token in m.text], what="the mail of freezing")[0]
    assert "frozen" in frozen.text


def test_a_held_case_tells_its_partner_nothing(post):
    box = f"held-watch@{post.bo.domain}"
    post.bo.administrator.post("/api/v1/mail/boxes", {"kind": "team", "address": box, "language": "en", "delivery": "immediate"}, expect=201)
    customer = post.ada.customer("held")
    held = post.world.open_case(post.ada, post.bo, customer)
    post.ada.authorize(customer, [post.bo])
    held.release_to_receiver()
    mails = until(lambda: [m for m in post.server.to(box) if m["X-Entente-Case"] == held.token], what="the mail after the release")
    assert [m["X-Entente-Event"] for m in mails] == ["case.created"]


def test_changes_of_an_agreement_reach_those_who_look_after_it(post):
    """Administrators and compliance officers of every party, in their language; who did it is not told, and neither is an engineer."""
    post.bo.administrator, post.bo.compliance, post.bo.engineer
    readers = ("ada", "bo")
    row = post.world.agreement(post.ada, post.bo, validFrom=stamp(-60))
    post.prefer(post.bo.compliance, language="de")
    path = f"/api/v1/agreements/{row['id']}"
    post.ada.administrator.post(f"{path}/terminate", {"reason": post.world.ledger.word("ada", "end of it", readers), "effectiveAt": stamp(86400)}, expect=200)

    def told(company, role):
        return [mail for mail in post.server.to(post.address(company, role)) if mail["X-Entente-Agreement"] == str(row["id"])]

    def announced(role, words):
        return until(lambda: [mail for mail in told(post.bo, role) if words in mail["Subject"] and post.ada.name in mail["Subject"]] or None, what=f"the mail to {role}")

    for role, words in (("administrator", "changed an agreement"), ("compliance", "Vereinbarung")):
        mail = announced(role, words)[-1]
        assert row["title"] in mail.text and f"entente agreement changes {row['id']}" in mail.text and mail["X-Entente-Case"] is None
    assert told(post.bo, "engineer") == []
    assert [mail for mail in told(post.ada, "administrator") if post.ada.name in mail["Subject"]] == [], "one's own doing"


def test_a_stop_address_ends_the_mails(post):
    case = post.case()
    case.approve()
    caller = post.bo.engineer
    address = caller.get("/api/v1/mail/preferences", expect=200)["address"]
    post.prefer(caller)
    case.note(post.ada.engineer, "To be stopped")
    mail = until(lambda: [m for m in post.server.to(address) if m["X-Entente-Event"] == "note.created"], what="a mail")[0]
    stop = re.search(r"mailto:([^?]+)\?", mail["List-Unsubscribe"]).group(1)
    assert post.take(f"From: {address}\nTo: {stop}\nSubject: stop\n\n".encode()).body == {"outcome": "stopped", "taken": True}
    assert caller.get("/api/v1/mail/preferences", expect=200)["delivery"] == "off"
    post.prefer(caller)


def test_a_report_that_comes_back_later_is_noted_on_the_contact(post):
    box = f"full@{post.bo.domain}"
    made = post.bo.administrator.post("/api/v1/mail/boxes", {"kind": "team", "address": box, "language": "en", "delivery": "immediate"}, expect=201).body
    post.case()
    mail = post.server.wait(box)[0]
    assert post.take(delivery_report(mail.sender, "4.2.2", "delayed"))["outcome"] == "not_permanent"
    assert post.take(delivery_report(mail.sender, "5.2.2")).body == {"outcome": "bounce_noted", "taken": True}
    assert post.take(delivery_report(mail.sender, "5.2.2"))["outcome"] == "already_taken"
    assert post.take(delivery_report(mail.sender.replace(mail.sender[9], "a" if mail.sender[9] != "a" else "b")))["outcome"] == "unknown_address"
    bounce = next(b for b in post.bo.administrator.get("/api/v1/mail/bounces", expect=200).items if b["contact"] == f"box/{made['id']}")
    assert bounce["code"] == "5.2.2" and bounce["stopped"] is False
    post.bo.administrator.delete(f"/api/v1/mail/boxes/{made['id']}", expect=204)


def test_nobody_writes_headers_with_a_name(post):
    person = post.world.operator.post("/api/v1/users", {
        "company": post.ada.id, "username": f"eve@{post.ada.domain}", "firstName": "Eve\r\nBcc: spy@evil.example\r\n\r\nHello", "lastName": "<b>Ünal</b>",
        "email": f"eve@{post.ada.domain}", "role": "engineer"}, expect=(201, 400)).body
    if "id" not in person:
        return
    caller = post.world.caller("ada").login(person["username"], person["password"])
    post.prefer(caller, allCases=True)
    post.case().approve()
    mail = post.server.wait(person["email"])[0]
    assert mail["Bcc"] is None and mail.recipients == [person["email"]] and "spy@evil.example" not in post.server.addresses()
    assert mail["To"].addresses[0].addr_spec == person["email"]
    post.prefer(caller, delivery="off")


def test_the_command_line_shows_and_changes_preferences(post):
    account = post.ada.accounts["engineer"] if "engineer" in post.ada.accounts else None
    token = post.ada.engineer.token

    def run(*words):
        return subprocess.run([program(), "mail", *words, "--url", post.gateway.url, "--ca", post.gateway.ca], capture_output=True, text=True, timeout=60, check=False,
                              env={"ENTENTE_TOKEN": token, "HOME": str(post.gateway.folder)})

    assert account is None or account["email"] in run("preferences").stdout
    changed = run("preferences", "--language", "de", "--event", "note.created=digest", "--json")
    assert changed.returncode == 0 and json.loads(changed.stdout)["exceptions"] == [{"event": "note.created", "delivery": "digest"}], changed
    assert run("preferences", "--event", "none", "--language", "en").returncode == 0
    assert run("preferences", "--event", "nonsense").returncode == 2


def test_mails_survive_a_crash_and_a_mail_server_that_was_away(tmp_path_factory, world):
    folder = tmp_path_factory.mktemp("crash")
    gateway = Gateway(folder).init()
    authority = gateway.keys / "authority"
    server = MailServer(authority / "server.pem", authority / "server.key")
    gateway.settings.update(mail_settings(gateway, server, **{"mail.reply_box": BOX}))
    gateway.write_config()
    with gateway.start():
        made = World(gateway, seed="crash")
        made.contract = made.operator.contract = world.contract
        ids = [made.operator.post("/api/v1/mail/test", {"address": f"p{i}@relay.example"}, expect=202)["delivery"] for i in range(5)]
        gateway.kill()
        server.start()
        try:
            gateway.start()
            for i in range(5):
                assert len(server.wait(f"p{i}@relay.example")) == 1
            until(lambda: {r["id"] for r in made.operator.get("/api/v1/mail/outbox?state=delivered", expect=200).items} >= set(ids))
            assert len({m["Message-ID"] for m in server.mails}) == 5
            until(lambda: gateway.metric("entente_delivery_targets") == 0, what="nothing that is remembered of letters that have left")
        finally:
            server.stop()


def test_without_starttls_nothing_is_sent(tmp_path_factory):
    server = MailServer().start()
    gateway = Gateway(tmp_path_factory.mktemp("plain")).init()
    gateway.settings.update(mail_settings(gateway, server, **{"mail.reply_box": BOX}))
    gateway.write_config()
    try:
        with gateway.start():
            operator = World(gateway, seed="plain").operator
            operator.post("/api/v1/mail/test", {"address": "nobody@relay.example"}, expect=202)
            until(lambda: [r for r in operator.get("/api/v1/mail/outbox", expect=200).items if r.get("reason") == "smtp_no_tls"], what="the refusal")
            assert not server.mails and not server.dialogues
    finally:
        server.stop()


def test_the_link_in_a_mail_leads_to_a_page_that_says_nothing_about_a_case(post):
    case = post.case()
    known = post.world.anonymous.get(f"/cases/{case.token}", expect=200)
    unknown = post.world.anonymous.get("/cases/A1b2C3d4E5f6G7h8I9j0", expect=200)
    assert known.text == unknown.text and known.media == "text/html" and "default-src 'none'" in known.headers["Content-Security-Policy"]


def test_a_gateway_without_a_mail_server_says_so(world):
    caller = world.halden.engineer
    assert caller.get("/api/v1/mail/preferences", expect=200)["mailsOn"] is False
    assert caller.post("/api/v1/mail/test", {}, expect=422).code == "mail_off"
    assert caller.post("/api/v1/mail/digest", expect=422).code == "mail_off"
    world.operator.request("POST", "/api/v1/mail/received", data=b"x", headers={"Content-Type": "message/rfc822"}, expect=422)


def test_half_a_configuration_refuses_to_start(tmp_path):
    gateway = Gateway(tmp_path / "half").init()
    for wrong, word in (({"mail.server": "127.0.0.1"}, "mail.from"), ({"mail.server": "127.0.0.1", "mail.from": "no address"}, "mail.from"),
                        ({"mail.server": "127.0.0.1", "mail.from": "a@b.example", "mail.reply_box": "x"}, "mail.reply_box"),
                        ({"mail.server": "127.0.0.1", "mail.from": "a@b.example", "mail.user": "u"}, "mail.password_file")):
        gateway.settings = {**{k: v for k, v in gateway.settings.items() if not k.startswith("mail.")}, **wrong}
        gateway.write_config()
        done = gateway.command("serve", check=False)
        assert done.returncode != 0 and word in done.stdout + done.stderr, done
