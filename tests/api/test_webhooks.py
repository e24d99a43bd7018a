"""Webhooks of the contract (section 15) and what goes beyond it, against a real receiver over TLS."""

import base64
import collections
import threading

import pytest

from support.gateway import Gateway, until
from support.receiver import UUID, Receiver, hub_signature, standard_signature
from support.world import World

V1 = {"created": "collaboration-request.created", "note": "note.created"}
V2 = {name: f"org.tsanet.connect.collaboration-request.{name}" for name in ("created", "closed", "response.created", "response.updated", "note.created")}


@pytest.fixture(scope="module")
def make(gateway, world):
    made = []

    def receiver(company, **options):
        authority = gateway.keys / "authority"
        one = Receiver(authority / "server.pem", authority / "server.key", ledger=world.ledger, company=company.key, **options)
        made.append(one)
        return one

    yield receiver
    complaints = [sentence for one in made for sentence in one.complaints]
    for one in made:
        one.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def subscribe():
    """Subscribes for the length of a test."""
    made = []

    def one(caller, version, url, **members):
        path = {"v1": "/v1/webhooks", "v2": "/v2/webhooks", "native": "/api/v1/webhooks"}[version]
        row = caller.post(path, {"callbackUrl": url, **members}, expect=201 if version == "native" else 200).body
        made.append((caller, row["id"]))
        return row

    yield one
    for caller, hook in made:
        caller.delete(f"/v1/webhooks/{hook}", expect=(204, 404))


def arrived(receiver, count, path=None, status=None):
    return until(lambda: len(receiver.got(path, status)) >= count and receiver.got(path, status), what=f"{count} webhooks at {path}")


def settled(caller, hook):
    """Waits until nothing of a subscription is under way any more; its deliveries."""
    def rows():
        found = caller.get(f"/api/v1/webhooks/{hook}/deliveries?limit=1000", expect=200).items
        return found if found and all(row["state"] not in ("waiting", "leased") for row in found) else None

    return until(rows, what="the end of all deliveries")


# --- subscribing ---

def test_a_v1_subscription_is_made_listed_and_deleted(brightwell, halden, make, subscribe):
    hooks = make(brightwell)
    row = subscribe(brightwell.client, "v1", hooks.base + "/made", eventTypes=[V1["note"]])
    assert row["eventTypes"] == [V1["note"]] and row["active"] is True and row["secret"]
    assert row["callbackUrl"].endswith("/made")
    answer = brightwell.client.get("/v1/webhooks", expect=200)
    assert answer.headers["Deprecation"] and answer.headers["Sunset"]
    listed = [each for each in answer.body if each["id"] == row["id"]]
    assert listed and "secret" not in listed[0] and listed[0]["callbackAuthType"] == "NONE"
    assert row["id"] not in [each["id"] for each in brightwell.client.get("/v2/webhooks", expect=200).body]
    assert row["id"] not in [each["id"] for each in halden.client.get("/v1/webhooks", expect=200).body]
    halden.client.delete(f"/v1/webhooks/{row['id']}", expect=404)
    assert brightwell.client.delete(f"/v1/webhooks/{row['id']}", expect=204).text == ""
    brightwell.client.delete(f"/v1/webhooks/{row['id']}", expect=404)
    brightwell.client.get(f"/v1/webhooks/{row['id']}/deliveries", expect=404)


@pytest.mark.parametrize("unset", [None, []])
def test_an_empty_list_of_event_types_means_every_one(brightwell, make, subscribe, unset):
    hooks = make(brightwell)
    assert subscribe(brightwell.client, "v1", hooks.base, eventTypes=unset)["eventTypes"] == sorted(V1.values())
    assert subscribe(brightwell.client, "v2", hooks.base, eventTypes=unset, caseDirections=None, partnerCompanyIds=unset)["eventTypes"] == sorted(V2.values())


@pytest.mark.parametrize(("path", "foreign", "home"), [("/v1/webhooks", V2["closed"], "v2"), ("/v2/webhooks", V1["note"], "v1"), ("/v2/webhooks", "case.closed", "native")])
def test_an_event_name_of_another_version_is_refused_with_its_home(brightwell, path, foreign, home):
    answer = brightwell.client.post(path, {"callbackUrl": "https://hooks.example.com/x", "eventTypes": [foreign]}, expect=400)
    violation = answer["violations"][0]
    assert violation["pointer"] == "/eventTypes/0" and violation["code"] == "other_version" and home in violation["message"]
    assert brightwell.client.post(path, {"callbackUrl": "https://hooks.example.com/x", "eventTypes": [foreign]}, accept="*/*", expect=500)["message"]


def test_callbacks_that_cannot_be_are_refused(brightwell):
    for url in ("http://hooks.example.com/x", "ftp://hooks.example.com", "hooks.example.com", "https://", "https://user:word@hooks.example.com/",
                "https://hooks.example.com/#part", "https://hooks.example.com/a b", "https://10.0.0.7/hook", "https://[::1]/", "https://169.254.169.254/latest",
                "https://[::ffff:10.1.2.3]/", "https://[64:ff9b::a00:1]/", "https://192.168.7.7:8443/", "https://hooks.example.com:99999999/"):
        answer = brightwell.client.post("/v2/webhooks", {"callbackUrl": url}, expect=400)
        assert answer["violations"][0]["pointer"] == "/callbackUrl", url
    for auth in ({"type": "BASIC", "username": "a:b", "password": "c"}, {"type": "BEARER"}, {"type": "HEADER", "headerName": "Host", "headerValue": "x"},
                 {"type": "HEADER", "headerName": "X-A\r\nB", "headerValue": "x"}, {"type": "HEADER", "headerName": "X-A", "headerValue": "x\ny"}, {"type": "DIGEST"}):
        brightwell.client.post("/v2/webhooks", {"callbackUrl": "https://hooks.example.com", "callbackAuth": auth}, expect=400)
    brightwell.client.post("/v1/webhooks", {}, expect=400)


def test_who_may(brightwell):
    brightwell.compliance.post("/v1/webhooks", {"callbackUrl": "https://hooks.example.com"}, expect=403)
    brightwell.auditor.get("/v2/webhooks", expect=403)
    brightwell.world.operator.get("/api/v1/webhooks", expect=403)


def test_a_company_has_a_bounded_number(world):
    small = world.company("hoarder", form=False)
    for _ in range(50):
        small.client.post("/v1/webhooks", {"callbackUrl": "https://hooks.example.com"}, expect=200)
    assert small.client.post("/v2/webhooks", {"callbackUrl": "https://hooks.example.com"}, expect=422).code == "too_many_webhooks"


# --- who is told what ---

def test_v1_tells_the_receiver_of_a_creation_and_either_side_of_the_others_notes(world, halden, brightwell, make, subscribe):
    theirs, ours = make(brightwell), make(halden)
    subscribe(brightwell.client, "v1", theirs.base)
    subscribe(halden.client, "v1", ours.base)
    case = world.released_case(halden, brightwell, world.harbour)
    first = arrived(theirs, 1)[0]
    assert first.body == {"eventType": V1["created"], "requestToken": case.token, "timestamp": first.body["timestamp"]}
    case.note(halden.engineer, "From the submitter")
    note = arrived(theirs, 2)[1]
    assert note.name == V1["note"] and note.token == case.token
    # The case is readable when the event leaves, and so is the note.
    assert note.body["noteToken"] in [row["token"] for row in case.seen_by_receiver()["caseNotes"]]
    case.approve()
    accepted = arrived(ours, 1)[0]  # the system's note says so; v1 has no other word for it
    assert accepted.name == V1["note"]
    assert [one.name for one in theirs.got()] == [V1["created"], V1["note"]], "nobody is told of his own doing"


def test_v2_tells_creation_answers_and_closing(world, halden, brightwell, make, subscribe):
    theirs, ours = make(brightwell), make(halden)
    subscribe(brightwell.client, "v2", theirs.base)
    subscribe(halden.client, "v2", ours.base + "/all", caseDirections=["INBOUND", "OUTBOUND"])
    subscribe(halden.client, "v2", ours.base + "/plain")
    case = world.released_case(halden, brightwell, world.harbour)
    case.approve()
    brightwell.engineer.patch(f"{case.path}/approval", {"caseNumber": "R-2", "nextSteps": "More", **brightwell.engineer_block()}, expect=200)
    halden.engineer.post(f"{case.path}/closure", {}, expect=200)
    names = [one.name.removeprefix("org.tsanet.connect.collaboration-request.") for one in arrived(theirs, 2)]
    assert names == ["created", "closed"]
    told = [one.name.removeprefix("org.tsanet.connect.collaboration-request.") for one in arrived(ours, 4, "/all")]
    assert told[0] == "created" and sorted(told[1:]) == ["note.created", "response.created", "response.updated"]
    assert V2["created"] not in [one.name for one in arrived(ours, 3, "/plain")]
    event = theirs.got()[0]
    assert UUID.fullmatch(event.body["id"]) and event.id == event.body["id"]
    assert event.headers["content-type"] == "application/json"


def test_filters_by_direction_partner_and_name(world, halden, brightwell, corvid, make, subscribe):
    hooks = make(brightwell)
    subscribe(brightwell.client, "v2", hooks.base + "/halden", partnerCompanyIds=[halden.id])
    subscribe(brightwell.client, "v2", hooks.base + "/corvid", partnerCompanyIds=[corvid.id])
    subscribe(brightwell.client, "v2", hooks.base + "/outbound", caseDirections=["OUTBOUND"])
    subscribe(brightwell.client, "v2", hooks.base + "/notes", eventTypes=[V2["note.created"]])
    case = world.released_case(halden, brightwell, world.harbour)
    case.note(halden.engineer, "Something new")
    assert len(arrived(hooks, 2, "/halden")) == 2 and len(arrived(hooks, 1, "/notes")) == 1
    assert not hooks.got("/corvid") and not hooks.got("/outbound")


def test_a_held_case_tells_its_receiver_nothing_and_its_release_one_creation(world, halden, brightwell, make, subscribe):
    theirs, ours = make(brightwell), make(halden)
    subscribe(brightwell.client, "native", theirs.base + "/native")
    subscribe(brightwell.client, "v1", theirs.base + "/v1")
    subscribe(halden.client, "native", ours.base)
    customer = halden.customer("waiting")
    case = world.open_case(halden, brightwell, customer)
    case.note(halden.engineer, "Written while it is held")
    arrived(ours, 3)
    assert [one.name for one in ours.got()] == ["case.created", "case.held", "note.created"]
    case.release_to_receiver()  # from here on brightwell may read it, in the lists of every later test as well
    halden.authorize(customer, [brightwell])
    released = arrived(theirs, 1, "/native")
    assert [one.name for one in released] == ["case.created"] and released[0].token == case.token
    assert arrived(ours, 4)[3].name == "case.released"
    assert [one.name for one in arrived(theirs, 1, "/v1")] == [V1["created"]]


# --- what is sent ---

def test_signatures_cover_the_exact_bytes_by_both_schemes(world, halden, brightwell, make, subscribe):
    hooks = make(brightwell)
    row = subscribe(brightwell.client, "v1", hooks.base)
    world.released_case(halden, brightwell, world.harbour)
    one = arrived(hooks, 1)[0]
    assert one.headers["x-hub-signature-256"] == hub_signature(row["secret"], one.raw)
    assert one.headers["webhook-signature"] == standard_signature(row["secret"], one.headers, one.raw)
    assert "authorization" not in one.headers


def test_the_contracts_check_value():
    assert hub_signature("topsecret", b'{"a":1}') == "sha256=bf1e6501b7fa928ec2391fea9dd90af3c9ad1b7b1ef6ff319c25940cec746bf8"


@pytest.mark.parametrize("auth", [
    {"type": "NONE", "username": "", "password": "", "token": "", "headerName": "", "headerValue": ""},
    {"type": "BASIC", "username": "hook", "password": "pässword:with colon"}, {"type": "BEARER", "token": "t0ken"},
    {"type": "HEADER", "headerName": "X-Api-Key", "headerValue": "k3y"}])
def test_four_kinds_of_authentication(world, halden, brightwell, make, subscribe, auth):
    hooks = make(brightwell)
    row = subscribe(brightwell.client, "v1", hooks.base, callbackAuth=auth)
    world.released_case(halden, brightwell, world.harbour)
    headers = arrived(hooks, 1)[0].headers
    expected = {"NONE": None, "BASIC": "Basic " + base64.b64encode("hook:pässword:with colon".encode()).decode(), "BEARER": "Bearer t0ken", "HEADER": None}[auth["type"]]
    assert headers.get("authorization") == expected
    assert headers.get("x-api-key") == ("k3y" if auth["type"] == "HEADER" else None)
    listed = next(each for each in brightwell.client.get("/v1/webhooks", expect=200).body if each["id"] == row["id"])
    assert listed["callbackAuthType"] == auth["type"] and "k3y" not in str(listed) and "t0ken" not in str(listed)


def test_rotation_keeps_two_secrets_for_a_while(world, halden, brightwell, make, subscribe):
    hooks = make(brightwell)
    old = subscribe(brightwell.client, "v2", hooks.base)
    new = brightwell.client.post(f"/v1/webhooks/{old['id']}/secret", expect=200).body
    assert new["secret"] != old["secret"]
    world.released_case(halden, brightwell, world.harbour)
    one = arrived(hooks, 1)[0]
    assert one.headers["x-hub-signature-256"] == hub_signature(new["secret"], one.raw)
    assert one.headers["x-hub-signature-256-previous"] == hub_signature(old["secret"], one.raw)
    assert one.headers["webhook-signature"].split() == [standard_signature(each["secret"], one.headers, one.raw) for each in (new, old)]
    last = brightwell.client.post(f"/api/v1/webhooks/{old['id']}/secret", {"overlapHours": 0}, expect=200).body
    assert last["previousSecretUntil"] is None
    world.released_case(halden, brightwell, world.harbour)
    two = arrived(hooks, 2)[1]
    assert two.headers["webhook-signature"] == standard_signature(last["secret"], two.headers, two.raw)
    assert "x-hub-signature-256-previous" not in two.headers


# --- when it does not work at once ---

def test_a_failing_receiver_is_asked_again_with_the_same_id_and_bytes(world, halden, brightwell, make, subscribe):
    counts = collections.Counter()

    def behave(taken):
        counts[taken.id] += 1
        return 503 if counts[taken.id] < 3 else 200

    hooks = make(brightwell, behave=behave)
    row = subscribe(brightwell.client, "v2", hooks.base)
    world.released_case(halden, brightwell, world.harbour)
    tries = arrived(hooks, 3)
    assert {one.raw for one in tries} == {tries[0].raw} and {one.id for one in tries} == {tries[0].id}
    assert [each["state"] for each in settled(brightwell.client, row["id"])] == ["delivered"]
    log = brightwell.client.get(f"/v1/webhooks/{row['id']}/deliveries?page=0&size=20", expect=200).body
    assert [(each["attemptNumber"], each["httpStatus"], each["success"]) for each in log["content"]] == [(3, 200, True), (2, 503, False), (1, 503, False)]
    assert log["content"][0]["cloudEventId"] == tries[0].id and log["content"][0]["requestBody"] == tries[0].raw.decode()
    assert log["content"][0]["eventType"] == V2["created"]
    page = brightwell.client.get(f"/v1/webhooks/{row['id']}/deliveries?page=1&size=2", expect=200).body
    assert page["totalElements"] == 3 and page["totalPages"] == 2 and [each["attemptNumber"] for each in page["content"]] == [1]


@pytest.mark.parametrize(("status", "reason", "attempts"), [(404, "http_404", 1), (410, "http_410", 1), (302, "redirect", 1), (500, "http_500", 3)])
def test_what_will_not_be_better_goes_to_the_dead_letters(world, halden, brightwell, make, subscribe, status, reason, attempts):
    elsewhere = make(brightwell)
    hooks = make(brightwell, behave=lambda taken: (status, {"Location": elsewhere.base + "/stolen"}, b"no"))
    row = subscribe(brightwell.client, "v1", hooks.base)
    world.released_case(halden, brightwell, world.harbour)
    dead = settled(brightwell.client, row["id"])
    assert [(each["state"], each["reason"], each["attempts"]) for each in dead] == [("dead", reason, attempts)]
    assert len(hooks.got()) == attempts and not elsewhere.got(), "a redirect is never followed"
    assert brightwell.client.get(f"/api/v1/webhooks/{row['id']}/deliveries?state=dead", expect=200).items == dead


def test_an_outbox_is_read_to_its_end_page_by_page(world, halden, brightwell, make, subscribe):
    row = subscribe(brightwell.client, "native", make(brightwell).base)
    case = world.released_case(halden, brightwell, world.harbour)
    case.approve()
    everything = settled(brightwell.client, row["id"])
    path, pages = f"/api/v1/webhooks/{row['id']}/deliveries?limit=1", []
    while page := brightwell.client.get(path + (f"&before={pages[-1]['id']}" if pages else ""), expect=200).items:
        pages += page
    assert len(everything) >= 2 and pages == everything
    assert brightwell.client.get(f"{path}&before=nonsense", expect=200).items == [], "no delivery stands behind one that does not exist"


def test_nobody_there_and_wrong_certificates_are_dead_letters_too(world, halden, brightwell, make, subscribe):
    gone = make(brightwell)
    gone.close()
    silent = subscribe(brightwell.client, "v1", gone.base)
    world.released_case(halden, brightwell, world.harbour)
    assert [(each["state"], each["reason"]) for each in settled(brightwell.client, silent["id"])] == [("dead", "connection_failed")]
    log = brightwell.client.get(f"/v1/webhooks/{silent['id']}/deliveries", expect=200).body["content"]
    assert {each["httpStatus"] for each in log} == {None} and {each["success"] for each in log} == {False}


def test_a_hanging_receiver_delays_nobody_else(world, halden, brightwell, make, subscribe):
    stuck = make(brightwell)
    stuck.hang = threading.Event()
    fine = make(brightwell)
    slow = subscribe(brightwell.client, "v1", stuck.base)
    subscribe(brightwell.client, "v1", fine.base)
    cases = [world.released_case(halden, brightwell, world.harbour) for _ in range(6)]
    assert sorted(one.token for one in arrived(fine, 6)) == sorted(case.token for case in cases)
    waiting = brightwell.client.get(f"/api/v1/webhooks/{slow['id']}/deliveries", expect=200).items
    assert {row["state"] for row in waiting} <= {"waiting", "leased", "dead"}
    stuck.hang.set()


def test_order_within_a_case_holds_over_failures(world, halden, brightwell, make, subscribe):
    counts = collections.Counter()

    def behave(taken):
        counts[taken.id] += 1
        return 500 if counts[taken.id] == 1 else 204

    hooks = make(brightwell, behave=behave)
    subscribe(brightwell.client, "native", hooks.base)
    case = world.released_case(halden, brightwell, world.harbour)
    for number in range(5):
        case.note(halden.engineer, f"Note {number}")
    done = arrived(hooks, 6, status=2)
    cursors = [int(one.body["cursor"]) for one in done]
    assert cursors == sorted(cursors) and len(set(cursors)) == 6


def test_lying_receivers_change_nothing(world, halden, brightwell, make, subscribe):
    answers = iter([(200, {"Content-Type": "text/html"}, b"<h1>" + b"x" * 100_000), "cut", (200, {}, b"\xff\xfe\x00 not text")])
    hooks = make(brightwell, behave=lambda taken: next(answers, 204))
    row = subscribe(brightwell.client, "v1", hooks.base)
    for _ in range(3):
        world.released_case(halden, brightwell, world.harbour)
    assert {each["state"] for each in settled(brightwell.client, row["id"])} == {"delivered"}
    for each in brightwell.client.get(f"/v1/webhooks/{row['id']}/deliveries", expect=200).body["content"]:
        assert len(each["responseBody"]) <= 2048


# --- the gate at sending time ---

def test_a_frozen_case_sends_its_receiver_notices_only(world, halden, brightwell, make, subscribe):
    hooks = make(brightwell)
    row = subscribe(brightwell.client, "native", hooks.base)
    customer = halden.customer("withdrawing")
    authorization = halden.authorize(customer, [brightwell])
    hooks.hang = threading.Event()  # the creation is under way, what follows it in its case waits
    case = world.released_case(halden, brightwell, customer)
    arrived(hooks, 1)
    case.note(halden.engineer, "This one must not be announced any more")
    halden.withdraw(authorization, customer)
    hooks.hang.set()
    rows = settled(brightwell.client, row["id"])
    told = [(one.name, one.body["data"]["by"]) for one in hooks.got()]
    assert ("case.frozen", "gateway") in told and ("note.created", "gateway") in told, "the notice and its note arrive"
    assert ("note.created", "partner") not in told
    assert [each["reason"] for each in rows if each["state"] == "stopped"].count("gate_closed") >= 1
    feed = [event["type"] for event in brightwell.client.get(f"/api/v1/events?case={case.token}&limit=500", expect=200).items if event["data"]["by"] == "partner"]
    assert "note.created" not in feed, "the feed follows the same rule"


# --- beyond the contract ---

def test_a_subscription_can_be_changed(world, halden, brightwell, make, subscribe):
    hooks = make(brightwell)
    row = subscribe(brightwell.client, "native", hooks.base + "/old", eventTypes=["case.closed"], description="for the night shift")
    tag = brightwell.client.get(f"/api/v1/webhooks/{row['id']}", expect=200).headers["ETag"]
    changed = brightwell.client.patch(f"/api/v1/webhooks/{row['id']}", {"callbackUrl": hooks.base + "/new", "eventTypes": ["case.created"]}, headers={"If-Match": tag}, expect=200)
    assert changed["eventTypes"] == ["case.created"] and changed["description"] == "for the night shift" and "secret" not in changed.body
    brightwell.client.patch(f"/api/v1/webhooks/{row['id']}", {"active": False}, headers={"If-Match": tag}, expect=412)
    brightwell.client.patch(f"/api/v1/webhooks/{row['id']}", {"eventTypes": [V1["created"]]}, expect=400)
    brightwell.client.patch(f"/api/v1/webhooks/{row['id']}", {"callbackUrl": "https://10.1.1.1/"}, expect=400)
    halden.client.patch(f"/api/v1/webhooks/{row['id']}", {"active": False}, expect=404)
    world.released_case(halden, brightwell, world.harbour)
    arrived(hooks, 1, "/new")
    brightwell.client.patch(f"/api/v1/webhooks/{row['id']}", {"active": False}, expect=200)
    world.released_case(halden, brightwell, world.harbour)
    marker = subscribe(brightwell.client, "v1", hooks.base + "/marker")
    world.released_case(halden, brightwell, world.harbour)
    arrived(hooks, 1, "/marker")
    assert len(hooks.got("/new")) == 1 and not hooks.got("/old") and marker["id"] != row["id"]


@pytest.mark.parametrize("version", ["v1", "v2", "native"])
def test_a_test_delivery(brightwell, make, subscribe, version):
    hooks = make(brightwell)
    row = subscribe(brightwell.client, version, hooks.base)
    brightwell.client.post(f"/api/v1/webhooks/{row['id']}/test", expect=202)
    one = arrived(hooks, 1)[0]
    assert "webhook.test" in one.name and one.headers["x-hub-signature-256"] == hub_signature(row["secret"], one.raw)
    assert settled(brightwell.client, row["id"])[0]["cursor"] is None


def test_a_window_is_replayed_with_the_same_ids(world, halden, brightwell, make, subscribe):
    status = [500]
    hooks = make(brightwell, behave=lambda taken: status[0])
    row = subscribe(brightwell.client, "v2", hooks.base)
    case = world.released_case(halden, brightwell, world.harbour)
    case.note(halden.engineer, "Told in vain")
    assert {each["state"] for each in settled(brightwell.client, row["id"])} == {"dead"}
    tried = {one.id: one.raw for one in hooks.got()}
    status[0] = 204
    done = brightwell.client.post(f"/api/v1/webhooks/{row['id']}/replay", {"failedOnly": True}, expect=202).body
    assert done == {"deliveries": 2, "more": False, "until": None}
    told = arrived(hooks, 2, status=2)
    assert {one.id: one.raw for one in told} == tried
    settled(brightwell.client, row["id"])
    assert brightwell.client.post(f"/api/v1/webhooks/{row['id']}/replay", {"failedOnly": True}, expect=202)["deliveries"] == 0
    again = brightwell.client.post(f"/api/v1/webhooks/{row['id']}/replay", {"from": row["createdAt"]}, expect=202).body
    assert again["deliveries"] >= 2
    # The window begins with a whole second, so events of other cases may lie in it, and not each of those may leave today.
    until(lambda: all(sum(one.id == each for one in hooks.got(None, 2)) == 2 for each in tried), what="the same events again")
    brightwell.client.post(f"/api/v1/webhooks/{row['id']}/replay", {}, expect=400)
    assert brightwell.client.get(f"/api/v1/webhooks/{row['id']}/attempts", expect=200)["totalElements"] >= 8


def test_all_versions_stand_in_one_list_and_a_create_can_be_repeated(brightwell, make, subscribe):
    hooks = make(brightwell)
    rows = {version: subscribe(brightwell.client, version, hooks.base)["id"] for version in ("v1", "v2", "native")}
    listed = {each["id"]: each["version"] for each in brightwell.client.get("/api/v1/webhooks", expect=200).items}
    assert {version: listed[hook] for version, hook in rows.items()} == {"v1": "v1", "v2": "v2", "native": "native"}
    key = {"Idempotency-Key": "same-subscription"}
    one = brightwell.client.post("/api/v1/webhooks", {"callbackUrl": hooks.base, "version": "v2"}, headers=key, expect=201)
    two = brightwell.client.post("/api/v1/webhooks", {"callbackUrl": hooks.base, "version": "v2"}, headers=key, expect=201)
    assert one["id"] == two["id"] and "secret" in one.body and "secret" not in two.body
    brightwell.client.delete(f"/api/v1/webhooks/{one['id']}", expect=204)


def test_every_sending_is_on_record_for_its_company_alone(world, halden, brightwell, make, subscribe):
    hooks = make(brightwell)
    row = subscribe(brightwell.client, "v1", hooks.base)
    case = world.released_case(halden, brightwell, world.harbour)
    settled(brightwell.client, row["id"])
    operations = [entry["operation"] for entry in brightwell.compliance.get(f"/api/v1/audit/entries?case={case.token}&limit=100", expect=200).items]
    assert "webhook.send" in operations and "webhook.sent" in operations
    theirs = [entry["operation"] for entry in halden.compliance.get(f"/api/v1/audit/entries?case={case.token}&limit=100", expect=200).items]
    assert not [operation for operation in theirs if operation.startswith("webhook.")]


def test_a_change_of_an_agreement_is_told_to_native_subscriptions(world, halden, brightwell, make, subscribe):
    hooks = make(brightwell)
    every = subscribe(brightwell.administrator, "native", hooks.base + "/every")
    subscribe(brightwell.administrator, "native", hooks.base + "/inbound", caseDirections=["INBOUND"])
    row = world.agreement(halden, brightwell, validFrom="2030-01-01T00:00:00Z", accepted=False)
    told = arrived(hooks, 1, "/every")[0]
    assert told.name == "agreement.changed" and told.body["data"] == {"agreement": {"id": row["id"]}, "by": "gateway"} and told.body["subject"] == f"agreements/{row['id']}"
    settled(brightwell.administrator, every["id"])
    assert hooks.got("/inbound") == []


# --- a gateway that stops ---

def test_a_stop_costs_no_attempt(tmp_path):
    """A call that the stop interrupts is made again at the next start, also where one attempt is all there is."""
    authority = tmp_path / "keys" / "authority"
    settings = {"deliveries.allowed_networks": "127.0.0.0/8", "deliveries.authorities": str(authority / "ca.pem"), "deliveries.attempts": 1}
    with Gateway(tmp_path, settings).start() as gateway, Receiver(authority / "server.pem", authority / "server.key") as hooks:
        hooks.hang = threading.Event()
        world = World(gateway)
        halden, brightwell = world.company("halden"), world.company("brightwell")
        world.agreement(halden, brightwell)
        hook = brightwell.client.post("/api/v1/webhooks", {"callbackUrl": hooks.base, "eventTypes": ["case.created"]}, expect=201)["id"]
        world.released_case(halden, brightwell)
        for attempts in (1, 2):
            until(lambda: len(hooks.got()) == attempts, what="a call that hangs")
            gateway.stop()
            gateway.start()
        hooks.hang.set()
        (row,) = settled(brightwell.client, hook)
        assert (row["state"], row["attempts"]) == ("delivered", 1)
        assert len({taken.id for taken in hooks.got()}) == 1
