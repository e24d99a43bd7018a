"""What leaves and what stays, and whose keys count, from the command line, as people type it."""

import json
import re
import subprocess

from support.gateway import program
from support.signing import Signer


def typed(gateway, caller, folder, *words, expect=0):
    environment = {"ENTENTE_TOKEN": caller.token, "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run([program(), *map(str, words), "--url", gateway.url, "--ca", str(gateway.ca)], capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == expect, (words, done.stdout, done.stderr)
    return done.stdout + done.stderr


def test_a_look_before_sending_and_counts_afterwards(world, gateway, halden, brightwell, tmp_path):
    def ours(*words, expect=0):
        return typed(gateway, halden.engineer, tmp_path, *words, expect=expect)

    text = tmp_path / "problem.txt"
    text.write_text("db01.corp.internal (10.4.1.7) is down, password: Zug-Abteil9\n", encoding="utf-8")
    shown = ours("scan", f"@{text}", "--partner", brightwell.id)
    assert "HOST-1" in shown and "Zug-Abteil9" not in shown and re.search(r"verdict +pass", shown)
    assert "TLP:RED" in ours("scan", "TLP:RED words", "--partner", brightwell.id, expect=1)
    ours("scan", "words", expect=2)
    case = world.released_case(halden, brightwell, world.harbour, problemDescription="10.4.1.7 is down")
    assert "ADDR-1" in ours("case", "pseudonyms", case.token) and "10.4.1.7" in ours("case", "pseudonyms", case.token)
    assert re.search(r"under other names +ip_address 1\n", ours("case", "disclosures", case.token))
    assert "TLP:RED" in ours("case", "label", case.token, "--label", "TLP:RED")
    assert "second person" in ours("case", "label", case.token, "--label", "TLP:GREEN")
    assert "TLP:GREEN" in typed(gateway, halden.engineer2, tmp_path, "case", "label", case.token, "--label", "TLP:GREEN")


def test_rules_are_proposed_and_approved_by_two(gateway, corvid, tmp_path):
    made = typed(gateway, corvid.compliance, tmp_path, "sharing", "propose", "--set", "phone_number=hold", "--ceiling", "TLP:GREEN", "--reason", corvid.word("typed reason"), "--from", "2d")
    rules = re.search(r"id +(\d+)", made).group(1)
    assert re.search(r"phone_number +hold", made) and f"entente sharing approve {rules}" in made
    typed(gateway, corvid.compliance, tmp_path, "sharing", "approve", rules, expect=1)
    typed(gateway, corvid.administrator, tmp_path, "sharing", "approve", rules)
    assert rules in typed(gateway, corvid.compliance, tmp_path, "sharing", "list")
    assert "TLP:GREEN" in typed(gateway, corvid.compliance, tmp_path, "sharing", "show", rules)


def test_keys_of_customers_and_signatories(gateway, corvid, tmp_path):
    signer = Signer("EdDSA", "typed-1")
    file = tmp_path / "key.jwk"
    file.write_text(json.dumps(signer.jwk()), encoding="utf-8")
    customer = corvid.customer("typed")
    whose = ("--issuer", "https://customer.example")
    typed(gateway, corvid.administrator, tmp_path, "customer", "add-key", customer.id, f"@{file}", *whose)
    typed(gateway, corvid.administrator, tmp_path, "customer", "confirm-key", customer.id, "typed-1", *whose, expect=1)
    typed(gateway, corvid.compliance, tmp_path, "customer", "confirm-key", customer.id, "typed-1", *whose)
    assert "typed-1" in typed(gateway, corvid.compliance, tmp_path, "customer", "keys", customer.id)
    assert "revoked" in typed(gateway, corvid.administrator, tmp_path, "customer", "revoke-key", customer.id, "typed-1", *whose)
    typed(gateway, corvid.administrator, tmp_path, "agreement", "add-key", f"@{file}")
    typed(gateway, corvid.compliance, tmp_path, "agreement", "confirm-key", "typed-1")
    assert "typed-1" in typed(gateway, corvid.administrator, tmp_path, "agreement", "keys")
    typed(gateway, corvid.administrator, tmp_path, "agreement", "revoke-key", "typed-1")
    typed(gateway, corvid.administrator, tmp_path, "agreement", "add-key", "no key", expect=2)


def test_rules_are_rehearsed_before_they_hold(world, gateway, tmp_path):
    """A period's texts under a proposal: what would have been held or refused, what would have stayed back; nothing changes."""
    elm, fir = world.company("elm"), world.company("fir")
    world.agreement(elm, fir)
    customer = elm.customer()
    elm.authorize(customer, [fir])
    quiet = {"Customer Phone Including Country Code": ""}
    plain = world.released_case(elm, fir, customer, problemDescription="All paths are down", fields=quiet)
    called = world.released_case(elm, fir, customer, problemDescription="Call +49 30 901821 77", fields=quiet)
    called.note(elm.engineer, "Addresses", "10.4.1.7 and 10.4.1.8 answer")
    called.note(fir.engineer, "Ours", "call +49 30 901821 99")
    marked = world.released_case(elm, fir, customer, problemDescription="TLP:GREEN only", fields=quiet)
    before = called.seen_by_receiver().text
    made = typed(gateway, elm.compliance, tmp_path, "sharing", "propose", "--set", "phone_number=hold", "--set", "ip_address=allow", "--ceiling", "TLP:CLEAR",
                 "--reason", elm.word("rehearsal reason"))
    rules = re.search(r"id +(\d+)", made).group(1)
    result = elm.compliance.post(f"/api/v1/sharing-rules/{rules}/rehearse", expect=200).body
    assert (result["cases"], result["texts"], result["unreadable"], result["next"]) == (3, 4, 0, None)
    assert {(row["then"], row["now"], row["texts"]) for row in result["moved"]} == {("pass", "hold", 1), ("pass", "refuse", 1)}
    assert {(row["case"], row["item"], row["reason"]) for row in result["examples"]} == {
        (called.token, "case", "content_needs_review"), (marked.token, "case", "label_exceeds_ceiling")}
    assert plain.token not in str(result["examples"])
    pages, after = [], 0
    while after is not None:
        pages.append(elm.compliance.post(f"/api/v1/sharing-rules/{rules}/rehearse?limit=1&after={after}", expect=200).body)
        after = pages[-1]["next"]
    assert sum(page["texts"] for page in pages) == 4 and sum(page["cases"] for page in pages) == 3
    assert called.seen_by_receiver().text == before
    shown = typed(gateway, elm.compliance, tmp_path, "sharing", "rehearse", rules)
    assert re.search(r"pass -> hold +1", shown) and called.token in shown and "901821" not in shown
    # Only one's own, and only a period that has an extent.
    fir.compliance.post(f"/api/v1/sharing-rules/{rules}/rehearse", expect=404)
    elm.compliance.post(f"/api/v1/sharing-rules/{rules}/rehearse?from=2030-01-02T00:00:00Z&until=2030-01-01T00:00:00Z", expect=400)
    assert elm.compliance.post(f"/api/v1/sharing-rules/{rules}/rehearse?until=2020-01-01T00:00:00Z", expect=200)["cases"] == 0
