"""Twenty questions that an auditor asks, answered from a pack and the verifier alone: nothing here talks to the gateway once the pack is
made. Each question is the first line of its test."""

import datetime
import json
import os
import re
import subprocess

import pytest

from support.evidence import Pack
from support.gateway import ROOT
from support.world import stamp

SEED = "the-auditor-chose-this"


def verifier():
    preset = os.environ.get("ENTENTE_PRESET", "release")
    return next((path for path in sorted((ROOT / "build" / preset).glob("**/entente-verify")) if os.access(path, os.X_OK)), None)


@pytest.fixture(scope="module")
def made(world):
    """A quarter's business in small, then the packs. The operator's covers the gateway, the company's its own part."""
    halden, brightwell = world.halden, world.brightwell
    began = stamp(-1)
    customer = halden.customer("audited")
    granted = halden.authorize(customer, [brightwell])
    case = world.released_case(halden, brightwell, customer)
    case.seen_by_receiver()
    case.approve()
    case.note(halden.engineer, "seen")
    world.open_case(halden, brightwell, halden.customer("never asked"))
    world.open_case(halden, world.dorn, customer, expect=403)
    halden.engineer.post("/api/v1/companies", {"name": "x", "domain": "x.example"}, expect=403)
    world.dorn.compliance.get(f"/api/v1/cases/{case.token}", expect=404)
    world.operator.post(f"/api/v1/clients/{halden.client and halden.client_row['id']}/secret", {}, expect=(200, 201))
    world.verify(halden.auditor)
    halden.withdraw(granted, customer)
    span = {"from": stamp(-86_400), "until": stamp(60), "seed": SEED, "samples": 100}
    return {
        "case": case, "granted": granted, "customer": customer, "halden": halden, "brightwell": brightwell,
        "pack": Pack.of_answer(world.operator.post("/api/v1/evidence/packs", span, expect=200)),
        "own": Pack.of_answer(halden.auditor.post("/api/v1/evidence/packs", span, expect=200)),
        # So short a time that the sample holds every exchange in it.
        "exchange": Pack.of_answer(halden.auditor.post("/api/v1/evidence/packs", {**span, "from": began}, expect=200)),
        "breach": Pack.of_answer(halden.auditor.post("/api/v1/evidence/breaches", {"from": span["from"], "until": span["until"], "partner": brightwell.id}, expect=200)),
    }


@pytest.fixture(scope="module")
def pack(made):
    return made["pack"]


@pytest.fixture(scope="module")
def own(made):
    return made["own"]


def sampled(pack, control):
    """The opened records of a control's sample."""
    items = {item["index"]: item for item in pack.json("samples.json")["items"]}
    return [(items[index], json.loads(pack.files[items[index]["opened"]])) for index in pack.controls[control]["sample"] if items[index]["opened"]]


def facts(pack):
    return {fact["name"]: fact["value"] for fact in pack.json("controls.json")["facts"]}


def operations(pack, control):
    return {item["operation"] for item, _ in sampled(pack, control)}


def test_01_which_log_is_this_of_whom_and_of_which_time(pack, own, made):
    """Which log is this, whose part of it, and of which time?"""
    for one, company in ((pack, None), (own, {"id": made["halden"].id, "name": made["halden"].name})):
        head = one.json("controls.json")
        assert head["log"] == "localhost/entente" and head["company"] == company and head["from"] < head["until"]
        assert head["log"] in one.report


def test_02_is_it_whole(pack, own, made):
    """Are these the files as they were made?"""
    for one in (pack, own, made["breach"]):
        one.check_sums()


def test_03_who_chose_the_samples(pack, own):
    """Are the samples those that my seed draws, and not those that somebody liked?"""
    for one in (pack, own):
        assert one.json("samples.json")["seed"] == SEED
        one.check_samples()


def test_04_do_the_samples_stand_in_the_log(pack, own, made, tmp_path):
    """Does every sampled record stand in the signed log, unchanged, with the text that I was shown?"""
    assert pack.check_samples() and own.check_samples()
    program = verifier()
    assert program, "entente-verify is not built"
    for name, one in (("pack", pack), ("own", own), ("breach", made["breach"])):
        folder = one.write(tmp_path / name)
        receipts = sorted((folder / "receipts").glob("*.tlog-proof"))
        assert receipts and len(receipts) >= len({path.name.split(".")[0] for path in (folder / "opened").iterdir()})
        for receipt in receipts[:25]:
            index = receipt.name.split(".")[0]
            words = [program, "receipt", receipt, "--policy", folder / "policy"]
            text, salt = folder / "opened" / f"{index}.1.json", folder / "opened" / f"{index}.1.salt"
            if text.exists():  # the start of the log says nothing more than its entry
                words += ["--event", text, "--salt", salt]
            done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            if text.exists():
                text.write_bytes(text.read_bytes().replace(b"6003", b"6004") + b" ")
                assert subprocess.run(words, capture_output=True, timeout=60, check=False).returncode == 1, "another text was taken for the record's"


def test_05_is_a_record_missing(pack):
    """Is any record of the period left out?"""
    head, everything = pack.json("controls.json"), pack.controls["8.15"]
    assert everything["population"] == [[head["begin"], head["end"] - 1]] and everything["entries"] == head["end"] - head["begin"] == head["entries"]


def test_06_on_which_permissions_did_an_exchange_rest(made):
    """On which agreement, which authorization and which classes of data did this exchange rest?"""
    drawn = [(core["unmapped"], core["unmapped"]["decision"]["gate"]["outcome"]) for item, core in sampled(made["exchange"], "5.14")
             if item["operation"] == "case.create" and "gate" in core["unmapped"].get("decision", {})]
    allowed = {facts["case_id"]: outcome for facts, outcome in drawn if outcome["verdict"] == "allow"}
    for outcome in allowed.values():
        assert outcome["authorization"] > 0 and outcome["agreement"] > 0 and outcome["released"] > 0
    assert allowed[made["case"].id]["authorization"] == made["granted"]["id"]


def test_07_what_did_the_gate_refuse_and_why(pack):
    """Which requests were refused or held, and why?"""
    reasons = {item["reason"] for item, core in sampled(pack, "8.3")} | {item["reason"] for item, core in sampled(pack, "5.36")}
    assert {"authorization_missing", "agreement_missing"} & reasons
    assert "authorization_missing" in pack.report


def test_08_who_was_shown_what(made):
    """Who was shown this case, when, and which version of it?"""
    breach = made["breach"].json("breach.json")
    shown = [item for item in breach["items"] if item["case"] == made["case"].id]
    assert shown and all(item["time"] and (item["version"] is None or item["version"] > 0) for item in shown)
    for item in shown:
        made["breach"].check_entry(item)


def test_09_who_signed_in_and_how(pack):
    """Who signed in, by which means, and who failed to?"""
    signed = [core for item, core in sampled(pack, "8.5") if item["operation"] in ("login", "token")]
    assert {core["actor"]["authentication"] for core in signed} >= {"password"}
    assert all(core["status_id"] in (1, 2) for core in signed)


def test_10_were_accesses_refused(pack):
    """Does the gateway deny by default, and does it keep what it denied?"""
    refused = sampled(pack, "5.15")
    assert refused and all(core["disposition_id"] == 2 or item["reason"] for item, core in refused)
    assert {"no_role"} <= {item["reason"] for item, _ in refused}


def test_11_who_agreed_for_the_customer(own, made):
    """Who recorded the customer's agreement, and was it another person than the one who asked?"""
    steps = {item["operation"]: core for item, core in sampled(own, "A.7.2.2") + sampled(own, "A.7.2.4")
             if any(resource["uid"] == str(made["granted"]["id"]) for resource in core["resources"])}
    asked, granted = steps["authorization.request"], steps["authorization.grant"]
    assert asked["actor"]["credential"] != granted["actor"]["credential"] and granted["actor"]["role"] == "compliance"


def test_12_what_followed_a_withdrawal(own, made):
    """When was a permission withdrawn, and how soon did the cases under it stop?"""
    times = {}
    for item, core in sampled(own, "Art. 7(3)"):
        if item["operation"] == "authorization.withdraw" or core["unmapped"].get("case_id") == made["case"].id:
            times[item["operation"]] = datetime.datetime.fromisoformat(item["time"].replace("Z", "+00:00"))
    assert datetime.timedelta(0) <= times["case.freeze"] - times["authorization.withdraw"] <= datetime.timedelta(seconds=30)


def test_13_who_may_do_what(pack, own):
    """Which role may do what, and how many hold the powerful ones?"""
    for one in (pack, own):
        rights = dict(part.split(": ", 1) for part in facts(one)["rights"].split("; "))
        assert "case_read" not in rights["operator"].split() and "authorization_decide" not in rights["engineer"].split()
        assert int(facts(one)["administrators"]) > 0
        assert not [right for right in rights["auditor"].split() if right.endswith(("_write", "_admin", "_decide"))]


def test_14_what_did_privileged_users_do(pack):
    """What was done with privileged rights?"""
    done = sampled(pack, "8.2")
    assert {"company.create", "user.create"} <= {item["operation"] for item, _ in done}
    assert {core["actor"]["role"] for item, core in done if item["outcome"] == "success"} <= {"operator", "administrator", "gateway"}


def test_15_are_secrets_and_keys_rotated(pack):
    """Were secrets rotated, and is there any secret in what I was given?"""
    assert "client.secret.rotate" in operations(pack, "5.17")
    assert not re.search(r"whsec_|BEGIN [A-Z ]*PRIVATE|secret\"\s*:\s*\"", pack.all_text)


def test_16_how_is_it_encrypted(pack):
    """Which algorithms protect data in transit, at rest and in the log?"""
    said = facts(pack)["cryptography"]
    assert all(word in said for word in ("TLS 1.3", "AES-256", "SHA-256", "Ed25519", "Argon2id"))


def test_17_what_was_deleted(pack, own):
    """What was deleted in the period, and how is it kept apart from 'we do not know'?"""
    for one in (pack, own):
        control = one.controls["8.10"]
        assert control["serves"] == "yes" and control["evidence"] == (control["entries"] > 0 or int(facts(one).get("keys_destroyed", 0)) > 0
                                                                      or int(facts(one)["cases_removed"]) > 0)
        assert "the content of ended cases is removed never" in facts(one)["settings"]


def test_18_is_there_personal_data_in_it(pack, own, made, world):
    """Does the pack itself expose anybody?"""
    for one in (pack, own):
        for company in world.companies.values():
            for account in company.accounts.values():
                assert account["lastName"] not in one.all_text and account["username"] not in one.all_text
    assert made["customer"].name not in own.all_text


def test_19_what_can_it_not_show(pack):
    """For which controls is there nothing to see here, and why?"""
    silent = {control["id"]: control["words"] for control in pack.controls.values() if control["serves"] == "no"}
    assert {"5.1", "6.1", "7.1", "8.4"} <= set(silent) and all(silent.values())
    iso = next(row for row in pack.json("controls.json")["coverage"] if row["framework"] == "iso27001")
    assert iso["controls"] == 93 and iso["notServed"] == len([one for one in silent if not one.startswith(("A", "B"))])
    assert all(reason in pack.report.replace("&#39;", "'") for reason in silent.values())


def test_20_who_watches_the_watchers(own):
    """Who read and verified the log, and was making this pack itself recorded?"""
    readers = sampled(own, "5.28")
    assert {"audit.verify"} <= {item["operation"] for item, _ in readers}
    assert {core["actor"]["role"] for item, core in readers if item["outcome"] == "success"} <= {"auditor", "compliance"}
    assert "auditor" in facts(own)["rights"]
