"""Evidence: what there is for which control, packs that prove themselves, and what a partner was shown."""

import json
import re
import subprocess

import jsonschema
import pytest

from support.evidence import OSCAL, UUID, Pack
from support.gateway import program, until
from support.world import stamp

VERIFY = program().parent / "entente-verify"


def period():
    return {"from": stamp(-86_400), "until": stamp(60)}


def pack(caller, **more):
    return Pack.of_answer(caller.post("/api/v1/evidence/packs", {**period(), "seed": "auditor-7", **more}, expect=200))


@pytest.fixture(scope="module")
def exchanged(world):
    """Something of everything: a case that went through, one that was held, one refused, a withdrawal."""
    customer = world.halden.customer("evidence")
    granted = world.halden.authorize(customer, [world.brightwell])
    case = world.released_case(world.halden, world.brightwell, customer)
    case.seen_by_receiver()
    case.approve()
    case.note(world.halden.engineer, "first")
    world.brightwell.engineer.get(f"{case.path}/notes", expect=200)
    held = world.open_case(world.halden, world.brightwell, world.halden.customer("waiting"))
    world.halden.engineer.post("/api/v1/companies", {"name": "x", "domain": "x.example"}, expect=403)
    return {"customer": customer, "granted": granted, "case": case, "held": held}


# --- the map ---

def test_all_93_controls_are_there_and_those_that_are_not_served_say_why(world, exchanged):
    answer = world.operator.get("/api/v1/evidence/controls", expect=200)
    iso = [item for item in answer.items if item["framework"] == "iso27001"]
    expected = [f"5.{n}" for n in range(1, 38)] + [f"6.{n}" for n in range(1, 9)] + [f"7.{n}" for n in range(1, 15)] + [f"8.{n}" for n in range(1, 35)]
    assert [item["id"] for item in iso] == expected
    for item in answer.items:
        assert item["title"] and item["words"].endswith(".")
        assert (item["serves"] == "no") == (not item["log"] and not item["facts"])
        assert item["serves"] != "no" or not item["evidence"]
    coverage = {row["framework"]: row for row in answer["coverage"]}["iso27001"]
    assert coverage["controls"] == 93 == coverage["withEvidence"] + coverage["empty"] + coverage["notServed"]
    assert coverage["withEvidence"] == sum(item["evidence"] for item in iso) >= 30, coverage
    assert {row["framework"] for row in answer["coverage"] if row["complete"]} == {"iso27001"}, "of the others only what the gateway bears on is listed"


def test_every_fact_that_a_control_names_exists(world):
    answer = world.operator.get("/api/v1/evidence/controls", expect=200)
    known = {fact["name"] for fact in answer["facts"]}
    assert {name for item in answer.items for name in item["facts"]} <= known


def test_a_company_gets_its_own_part(world, exchanged, halden, dorn):
    whole, own, stranger = (caller.get("/api/v1/evidence/controls", expect=200) for caller in (world.operator, halden.compliance, dorn.compliance))
    assert own["company"] == {"id": halden.id, "name": halden.name} and whole["company"] is None
    count = lambda answer: {item["id"]: item["entries"] for item in answer.items}
    assert 0 < count(stranger)["8.15"] < count(own)["8.15"] < count(whole)["8.15"] == whole["entries"]
    assert count(stranger)["5.14"] == 0 and count(own)["5.14"] >= 4


@pytest.mark.parametrize("role", ["engineer", "administrator", "client"])
def test_who_does_not_make_evidence(halden, exchanged, role):
    caller = getattr(halden, role)
    caller.get("/api/v1/evidence/controls", expect=403)
    caller.post("/api/v1/evidence/packs", {**period(), "seed": "x"}, expect=403)
    caller.post("/api/v1/evidence/breaches", {**period(), "partner": exchanged["case"].receiver.id}, expect=403)


def test_there_is_no_evidence_of_a_time_without_records(world):
    """What is true today proves nothing about a time of which the log has nothing."""
    answer = world.operator.get("/api/v1/evidence/controls?from=2001-01-01T00:00:00Z&until=2001-04-01T00:00:00Z", expect=200)
    assert not [item["id"] for item in answer["items"] if item["evidence"]]
    assert {row["withEvidence"] for row in answer["coverage"]} == {0}
    assert "has not begun" in world.operator.get("/api/v1/evidence/controls?from=2098-01-01T00:00:00Z&until=2098-04-01T00:00:00Z", expect=400).text


def population(made, control, framework="iso27701"):
    """The records of a control in a pack, as the log lists them."""
    (item,) = [item for item in made.json("controls.json")["items"] if item["id"] == control and item["framework"] == framework]
    return {index for first, last in item["population"] for index in range(first, last + 1)}


def records(caller, indices):
    found = {}
    for index in sorted(indices):
        found[index] = caller.get(f"/api/v1/audit/entries/{index}", expect=200).body
    return found


def test_what_the_gate_stopped_is_evidence_from_the_first_moment(world, exchanged, halden):
    made = pack(halden.compliance)
    created = [row["index"] for row in halden.compliance.get(f"/api/v1/audit/entries?case={exchanged['held'].token}&limit=50", expect=200).items
               if row["operation"] == "case.create"]
    assert created and set(created) <= population(made, "A.7.4.2") & population(made, "8.3", "iso27001")
    through = [row["index"] for row in halden.compliance.get(f"/api/v1/audit/entries?case={exchanged['case'].token}&limit=50", expect=200).items
               if row["operation"] == "case.create" and not row["reason"]]
    assert not set(through) & population(made, "A.7.4.2")


def test_disclosures_to_others_are_what_others_were_shown(world, exchanged, halden):
    made = pack(halden.compliance)
    shown = records(halden.compliance, population(made, "A.7.5.4"))
    assert len(shown) >= 2
    for entry in shown.values():
        assert entry["operation"] in ("attachment.send", "mail.content.send") or (
            entry["core"]["actor"].get("org_uid") != str(halden.id) and not entry["operation"].startswith("case.create")), entry["operation"]


def test_listings_are_no_evidence_of_what_they_list(world, exchanged, halden):
    halden.compliance.get("/api/v1/erasures", expect=200)
    halden.compliance.get("/api/v1/holds", expect=200)
    halden.compliance.post("/api/v1/erasures", {"scope": "case", "case": exchanged["held"].token, "reason": "r"}, expect=(202, 409, 422))
    made = pack(halden.compliance)
    for control, framework in (("A.7.4.8", "iso27701"), ("Art. 17", "gdpr"), ("8.10", "iso27001"), ("5.3", "iso27001")):
        for entry in records(halden.compliance, population(made, control, framework)).values():
            assert not entry["operation"].endswith((".list", ".read")) and (entry["outcome"] == "success" or control == "5.3"), entry["operation"]


def test_a_pack_of_a_time_without_records_holds_and_says_when_it_was_made(world, exchanged, halden, tmp_path):
    (tmp_path / "policy").write_text(f"log {world.operator.get('/api/v1/audit/checkpoint', expect=200)['verifierKey']}\nquorum none\n", encoding="ascii")
    span = {"from": "2001-01-01T00:00:00Z", "until": "2001-04-01T00:00:00Z"}
    made = Pack.of_answer(halden.compliance.post("/api/v1/evidence/packs", {**span, "seed": "x"}, expect=200))
    done = subprocess.run([VERIFY, "log", made.write(tmp_path / "empty"), "--policy", tmp_path / "policy", "--sums"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {one["collected"] for one in made.json("assessment-results.json")["assessment-results"]["results"][0]["observations"]} == {span["until"]}
    assert "the period goes on" not in made.files["report.html"].decode()
    running = Pack.of_answer(halden.compliance.post("/api/v1/evidence/packs", {"from": stamp(-60), "until": stamp(86_400), "seed": "x"}, expect=200))
    collected = {one["collected"] for one in running.json("assessment-results.json")["assessment-results"]["results"][0]["observations"]}
    assert collected == {running.json("controls.json")["covered"]} and max(collected)[:19] <= stamp(1)[:19]
    assert "the period goes on" in running.files["report.html"].decode()


@pytest.mark.parametrize("query", ["from=yesterday", "until=x", "from=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z", "from=1970-01-01T00:00:00Z"])
def test_periods_that_are_none(halden, query):
    halden.compliance.get(f"/api/v1/evidence/controls?{query}", expect=400)


@pytest.mark.parametrize("member", [{"seed": ""}, {"seed": "two words"}, {"seed": "x" * 65}, {"samples": 101}, {"samples": -1}, {"from": None}, {"until": "x"}])
def test_packs_that_are_none(halden, member):
    halden.compliance.post("/api/v1/evidence/packs", {**period(), "seed": "x", **member}, expect=400)


# --- the pack ---

def test_samples_can_be_drawn_again_and_prove_themselves(world, exchanged, halden):
    for caller in (halden.auditor, world.operator):
        made = pack(caller, samples=7)
        made.check_sums()
        opened = made.check_samples()
        assert sum(core is not None for core in opened.values()) > 15
        for index in opened:
            assert made.files[f"receipts/{index}.tlog-proof"].startswith(b"c2sp.org/tlog-proof@v1\n") and made.files["checkpoint"] in made.files[f"receipts/{index}.tlog-proof"]


def test_another_seed_draws_others_and_the_same_draws_the_same(halden, exchanged):
    span = {"from": stamp(-86_400), "until": halden.compliance.get("/api/v1/audit/entries?order=newest&limit=1", expect=200).items[0]["time"]}
    one, two, other = (Pack.of_answer(halden.compliance.post("/api/v1/evidence/packs", {**span, "seed": seed, "samples": 1}, expect=200)) for seed in ("a", "a", "b"))
    # Receipts lead to the checkpoint of the moment; everything else is the same to the byte.
    moment = lambda name: name.startswith("receipts/") or name in ("checkpoint", "SHA256SUMS")
    assert set(one.files) == set(two.files)
    assert not [name for name in one.files if one.files[name] != two.files[name] and not moment(name)]
    drawn = lambda made: {item["index"] for item in made.json("samples.json")["items"]}
    assert drawn(one) != drawn(other)
    assert one.json("controls.json")["items"][13]["populationDigest"] == other.json("controls.json")["items"][13]["populationDigest"]


def test_the_results_have_oscal_s_structure(world, exchanged, halden):
    for caller in (halden.compliance, world.operator):
        made = pack(caller)
        document = made.json("assessment-results.json")
        jsonschema.Draft202012Validator(OSCAL).validate(document)
        results = document["assessment-results"]
        uuids = re.findall(r'"uuid":"([^"]+)"', made.files["assessment-results.json"].decode())
        assert len(uuids) == len(set(uuids)) and all(re.fullmatch(UUID, one) for one in uuids)
        assert results["import-ap"]["href"] == "#" + results["back-matter"]["resources"][0]["uuid"]
        observations = results["results"][0]["observations"]
        served = [item for item in made.controls.values() if item["serves"] != "no"]
        assert len(observations) == len(served) == len(results["results"][0]["reviewed-controls"]["control-selections"][0]["include-controls"])
        for observation in observations:
            for evidence in observation["relevant-evidence"]:
                assert evidence["href"] in made.files
        assert "findings" not in results["results"][0]


def test_the_pack_says_nothing_of_others_and_no_person(world, exchanged, halden, corvid):
    """What a company's officer gets holds no canary of anybody else; ids, codes and counts alone, so none of its own texts either."""
    for company in (halden, corvid):
        made = pack(company.compliance, samples=100)
        texts = made.all_text
        assert not world.ledger.leaks(texts, company.key)
        for account in company.accounts.values():
            assert account["lastName"] not in texts and account["username"] not in texts


def test_making_a_pack_is_recorded(world, exchanged, halden):
    pack(halden.compliance, seed="recorded")
    rows = halden.compliance.get("/api/v1/audit/entries?limit=20&order=newest", expect=200).items
    made = next(row for row in rows if row["operation"] == "evidence.pack")
    assert made["core"]["actor"]["role"] == "compliance" and set(made["core"]["unmapped"]["decision"]) == {"from", "samples", "seed_digest", "size", "until"}


def test_the_report_is_a_document_of_its_own(halden, exchanged):
    report = pack(halden.compliance).report
    assert "<script" not in report and not re.search(r"""(src|href)\s*=|url\(|@import""", report)
    assert report.count("<svg role=\"img\"") == 4 and "default-src 'none'" in report
    assert halden.name in report and "A.7.2.4" in report and "What the gateway cannot serve" in report


# --- after a suspicion ---

def breach_of(caller, partner, **more):
    return Pack.of_answer(caller.post("/api/v1/evidence/breaches", {**period(), "partner": partner.id, **more}, expect=200))


def test_a_breach_names_customers_cases_classes_and_proofs(world, exchanged, halden, brightwell):
    made = breach_of(halden.compliance, brightwell)
    made.check_sums()
    breach = made.json("breach.json")
    case, customer = exchanged["case"], exchanged["customer"]
    assert breach["partner"] == {"id": brightwell.id, "name": brightwell.name}
    assert {"id": customer.id, "name": customer.name} == {name: next(row for row in breach["customers"] if row["id"] == customer.id)[name] for name in ("id", "name")}
    row = next(row for row in breach["cases"] if row["token"] == case.token)
    assert row["openedBy"] == "company" and row["customer"] == customer.id and row["authorization"] == exchanged["granted"]["id"]
    assert "technical" in row["classes"] and set(row["classes"]) <= set(breach["classes"])
    assert exchanged["held"].token not in {one["token"] for one in breach["cases"]}, "it never crossed"
    items = [item for item in breach["items"] if item["case"] == row["id"]]
    assert row["disclosures"] == len(items) and {"case.read", "note.list"} <= {item["operation"] for item in items}
    for item in items:
        core = made.check_entry(item)
        assert item["how"] == "sent" or int(core["actor"]["org_uid"]) == brightwell.id
    assert customer.name in made.report and case.token in made.report and "<script" not in made.report


def of_case(breach, case):
    row = next((row for row in breach["cases"] if row["token"] == case.token), None)
    return row, [item for item in breach["items"] if row and item["case"] == row["id"]]


def test_classes_are_those_of_the_disclosure_and_not_of_today(world, halden, brightwell):
    customer = halden.customer("narrows")
    wide = halden.authorize(customer, [brightwell])
    case = world.released_case(halden, brightwell, customer)
    case.seen_by_receiver()
    before = of_case(breach_of(halden.compliance, brightwell).json("breach.json"), case)[0]["classes"]
    halden.withdraw(wide, customer)
    halden.authorize(customer, [brightwell], classes=["case_facts", "technical"])
    now = halden.compliance.get(f"/api/v1/cases/{case.token}", expect=200)
    assert now["flow"] == "open" and set(before) > {"case_facts", "technical"}
    assert of_case(breach_of(halden.compliance, brightwell).json("breach.json"), case)[0]["classes"] == before


def test_what_the_partner_wrote_itself_is_not_shown_to_it(world, halden, brightwell):
    """The receiver draws the list about the submitter: only from the receiver's first words on is there something to be shown."""
    case = world.released_case(halden, brightwell)
    case.seen_by_receiver()
    case.note(halden.engineer, "of the partner")
    case.seen_by_submitter()
    assert of_case(breach_of(brightwell.compliance, halden).json("breach.json"), case) == (None, [])
    case.note(brightwell.engineer, "of ours")
    halden.engineer.get(f"{case.path}/notes", expect=200)
    row, items = of_case(breach_of(brightwell.compliance, halden).json("breach.json"), case)
    assert [item["operation"] for item in items] == ["note.list"] and row["disclosures"] == 1
    assert row["openedBy"] == "partner" and row["classes"] == [], "the gate's classes went the other way"


def test_a_step_that_answers_with_itself_alone_shows_nothing(world, halden, brightwell):
    case = world.released_case(halden, brightwell)
    brightwell.engineer.post(f"/api/v1/cases/{case.token}/answers", {
        "kind": "ask", "text": "Which release?", "engineer": {"name": "Duty desk", "email": brightwell.email(), "phone": None}}, expect=201)
    assert of_case(breach_of(halden.compliance, brightwell).json("breach.json"), case)[1] == []


def test_facts_hide_no_first_sight_and_what_is_read_again_counts(world, halden, brightwell):
    case = world.released_case(halden, brightwell)
    for facts in ("attachments", "gate", "timeline", "disclosures", "pseudonyms"):
        brightwell.engineer.get(f"/api/v1/cases/{case.token}/{facts}", expect=200)
        brightwell.engineer.get(f"/api/v1/cases/{case.token}/{facts}", expect=200)
    assert of_case(breach_of(halden.compliance, brightwell).json("breach.json"), case) == (None, []), "no word was shown"
    case.seen_by_receiver()
    row, items = of_case(breach_of(halden.compliance, brightwell).json("breach.json"), case)
    assert [item["operation"] for item in items] == ["case.read"] and row["laterReads"] == 0
    case.seen_by_receiver()

    def later():
        row, items = of_case(breach_of(halden.compliance, brightwell, **{"from": stamp(1)}).json("breach.json"), case)
        return (row, items) if row else None

    row, items = until(later, what="the count of what was read again")
    assert row["laterReads"] == 1 and items == [] and row["customer"], "whoever only read again was shown it all the same"


def test_one_set_of_operations_discloses(world, exchanged, halden, brightwell):
    """What is in the register is in the populations of the controls about disclosure."""
    control = next(item for item in world.operator.get("/api/v1/evidence/controls", expect=200).items if item["id"] == "A.7.5.4")
    registered = {row["operation"] for row in halden.compliance.get("/api/v1/disclosures?limit=1000", expect=200).items}
    assert registered and registered <= set(control["log"])
    assert {"case.approve", "case.information.request", "attachment.list", "subject.search", "mail.content.send", "case.create.repeat"} <= set(control["log"])


def test_a_breach_is_of_the_period(exchanged, halden, brightwell):
    breach = breach_of(halden.compliance, brightwell, **{"from": "2020-01-01T00:00:00Z", "until": "2021-01-01T00:00:00Z"}).json("breach.json")
    assert breach["items"] == breach["cases"] == breach["customers"] == breach["classes"] == []


def test_the_partner_sees_its_own_side_and_no_customer_of_the_other(world, exchanged, halden, brightwell):
    made = breach_of(brightwell.compliance, halden)
    assert made.json("breach.json")["customers"] == []
    assert not world.ledger.leaks(made.all_text, "brightwell")


def test_the_operator_and_strangers_get_no_breach(world, exchanged, halden, dorn):
    world.operator.post("/api/v1/evidence/breaches", {**period(), "partner": halden.id}, expect=403)
    assert dorn.compliance.post("/api/v1/evidence/breaches", {**period(), "partner": halden.id}, expect=404).code == "company_not_found"
    halden.compliance.post("/api/v1/evidence/breaches", {**period(), "partner": halden.id}, expect=404)


# --- the command line ---

def test_the_verifier_checks_a_whole_archive_and_says_what_nobody_signed(world, exchanged, halden, brightwell, tmp_path):
    (tmp_path / "policy").write_text(f"log {world.operator.get('/api/v1/audit/checkpoint', expect=200)['verifierKey']}\nquorum none\n", encoding="ascii")

    def verify(folder, *more, expect=0):
        done = subprocess.run([VERIFY, "log", folder, "--policy", tmp_path / "policy", "--json", *more], capture_output=True, text=True, check=False)
        assert done.returncode == expect, (done.stdout, done.stderr)
        return json.loads(done.stdout) if expect < 3 else done.stderr

    for made, beside in ((pack(halden.compliance, samples=5), "controls.json"), (breach_of(halden.compliance, brightwell), "breach.json")):
        folder = made.write(tmp_path / beside)
        found = verify(folder, "--sums")
        opened = sorted(name for name in made.files if name.endswith(".1.json"))
        assert found["kind"] == "evidence" and found["opened"] == len(opened) > 0 and {"report.html", beside, "README.txt"} <= set(found["notSigned"])
        readme = made.files["README.txt"].decode()
        for name in ("assessment-results.json", "controls.json", "samples.json", "breach.json", "checkpoint", "policy", "SHA256SUMS"):
            assert (f"\n{name} " in readme) == (name in made.files), name
        assert ("samples" in readme) == ("samples.json" in made.files) and "receipts/N" in readme
        assert "part of the log" in verify(folder, "--from-checkpoint", folder / "checkpoint", expect=3)
        changed = folder / opened[0]
        changed.write_bytes(changed.read_bytes().replace(b'"time":', b'"Time":'))
        assert verify(folder, expect=1)["findings"][0]["check"] == "opened"


def test_the_command_line_writes_archives(world, gateway, exchanged, tmp_path):
    done = gateway.command("evidence", "controls", "--operator", "--all")
    assert "ISO/IEC 27001:2022 Annex A: evidence for" in done.stdout and "7.12" in done.stdout
    assert re.search(r"ISO/IEC 27701:2019: evidence for \d+ of the \d+ listed here.*others are not looked at", done.stdout)
    assert done.stdout.count("not served") == 1
    year = stamp()[:4]
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    gateway.command("evidence", "pack", "--operator", "--period", year, "--seed", "s", "--out", one)
    made = Pack.of_archive(one)
    made.check_sums()
    made.check_samples()
    again = gateway.command("evidence", "pack", "--operator", "--period", year, "--out", one, check=False)
    assert again.returncode == 2 and "nothing is overwritten" in again.stderr
    done = gateway.command("evidence", "pack", "--operator", "--period", f"{year}-Q1..{year}-Q4", "--out", two)
    assert "with the seed" in done.stderr and Pack.of_archive(two).json("samples.json")["seed"] in done.stderr
    wrong = gateway.command("evidence", "pack", "--operator", "--period", "2026-13", "--out", tmp_path / "x.zip", check=False)
    assert wrong.returncode == 2 and "no period" in wrong.stderr
