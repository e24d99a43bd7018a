"""A renewal of the service root replaces the key of blind indexes: what they found is found under another key, what could not be indexed
anew is found for one renewal more, and wherever it is interrupted, the database says which key its indexes are under."""

import hashlib
import hmac
import os
import re
import shutil
import subprocess

import pytest

from support.customers import PostedWorld
from support.gateway import program, until


def index_key_of(root):
    """HKDF-SHA256 of the service root with an empty salt, one block."""
    return hmac.digest(hmac.digest(bytes(32), root, hashlib.sha256), b"gw-audit/v1/kdf/index\0\1", hashlib.sha256)


class Indexed(PostedWorld):
    """Something behind every blind index, and whether it is found."""

    def __init__(self, folder):
        super().__init__(folder, seed="indexes")
        self.left, self.right, self.keys = self.ada, self.bo, self.gateway.keys
        self.customer = self.left.customer("limited")
        self.limited = self.left.grant(self.left.request_authorization(self.customer, [self.right], products=["vault"]))
        self.case = self.world.released_case(self.left, self.right, self.customer)
        self.case.approve()
        self.body = {"summary": "once", "text": "t", "visibility": "shared"}
        self.notes = f"/api/v1/cases/{self.case.token}/notes"
        self.write_once()
        self.erased = self.left.customer("erased")
        self.left.grant(self.left.request_authorization(self.erased, [self.right], products=["mesh"]))
        self.erase(self.erased)
        self.stopped_person()

    def erase(self, customer):
        order = self.left.compliance.post("/api/v1/erasures", {"scope": "customer", "subject": customer.id, "reason": "Asked for"}, expect=202)
        self.left.administrator.post(f"/api/v1/erasures/{order['id']}/confirm", expect=200)
        until(lambda: self.left.compliance.get(f"/api/v1/erasures/{order['id']}", expect=200)["state"] == "done", 30, "the erasure")

    def write_once(self, key="over-the-renewal", expect=201):
        return self.left.engineer.post(self.notes, self.body, headers={"Idempotency-Key": key}, expect=expect)

    def stopped_person(self):
        address = self.left.accounts["engineer"]["email"]
        self.server.refusals[address] = [f"550 5.1.1 <{address}>: no such user"]
        self.left.engineer.post("/api/v1/mail/test", {}, expect=202)
        until(self.address_stopped, 30, "the bounce of a person's address")

    def address_stopped(self):
        return self.left.engineer.get("/api/v1/mail/preferences", expect=200)["addressStopped"]

    def box(self, address):
        return self.left.administrator.post("/api/v1/mail/boxes", {"kind": "copy", "address": address, "language": "en", "delivery": "immediate"}, expect=201)["id"]

    def box_mails(self, box, state):
        rows = self.left.administrator.get("/api/v1/mail/outbox", expect=200).items
        return [row for row in rows if row["contact"] == f"box/{box}" and row["state"] == state]

    def sign_in(self):
        self.world.sign_in_operator()
        self.left.sign_in_again()
        self.right.sign_in_again()

    def tokens(self, caller, number):
        return [row["token"] for row in caller.get(f"/v1/collaboration-requests?internalCaseNumber={number}", expect=200).body]

    def rehearsed(self):
        terms = {"products": ["Cloud:Vault", "Cloud:Mesh"]}
        return self.left.compliance.post("/api/v1/decisions/rehearse?limit=1000", terms, expect=200)["changes"]

    def finds_everything(self):
        self.sign_in()
        number = self.case.draft["internalCaseNumber"]
        assert self.tokens(self.left.engineer, number) == [self.case.token]
        assert self.tokens(self.right.engineer, number) == [], "that is the submitter's number"
        assert self.tokens(self.right.engineer, "R-1") == [self.case.token]
        own = self.left.engineer.get(f"/api/v1/cases?caseNumber={number}", expect=200).items
        assert [row["token"] for row in own] == [self.case.token]
        again = {"name": self.customer.name, "aliases": [], "domains": [], "contacts": []}
        assert self.left.administrator.post("/api/v1/customers", again, expect=409)["code"] == "already_exists"
        assert self.left.compliance.get(f"/api/v1/authorizations/{self.limited['id']}", expect=200)["products"] == ["vault"]
        vault, mesh = (self.world.open_case(self.left, self.right, self.customer, fields={"Product": f"Cloud:{name}"}) for name in ("Vault", "Mesh"))
        assert vault.gate()["verdict"] == "allow" and mesh.gate()["reason"] == "authorization_other_product"
        vault.release_to_receiver()
        assert self.address_stopped()
        assert self.world.verify()["ok"] is True

    def renewals(self):
        rows = self.world.operator.get("/api/v1/audit/entries?order=newest&limit=1000", expect=200).items
        return [row for row in rows if row["operation"] == "keys.index.renew"]

    def renew(self, *words):
        self.gateway.stop()
        done = self.gateway.command("keys", "renew-root", *words)
        self.gateway.start()
        return done.stderr

    def files(self):
        return {file.name: file.read_bytes() for file in self.keys.glob("*.key")}

    def put(self, name, content):
        (self.keys / name).write_bytes(content)
        (self.keys / name).chmod(0o600)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory):
    made = Indexed(tmp_path_factory.mktemp("indexes"))
    yield made
    made.close()


def test_everything_is_found_under_another_key(indexed, tmp_path):
    indexed.finds_everything()
    before = indexed.files()
    # Addresses and codes that stand nowhere but in an index.
    gone = indexed.left.email("gone-box")
    indexed.server.refusals[gone] = [f"550 5.1.1 <{gone}>: no such user"]
    box = indexed.box(gone)
    indexed.case.note(indexed.left.engineer, "To a box that is not there")
    until(lambda: indexed.box_mails(box, "dead"), 30, "the bounce of the box")
    indexed.left.administrator.delete(f"/api/v1/mail/boxes/{box}", expect=204)
    _, person = indexed.ask()
    code = person.code()

    said = indexed.renew()
    assert re.search(r"Indexed anew: \d+ people, \d+ customers, \d+ cases, 1 lists of products, [1-9]\d* addresses .* under the key before: 1\n", said), said
    now = indexed.files()
    assert {"index.key", "root.next.key"}.isdisjoint(now)
    assert now["index.before.key"] == index_key_of(before["root.key"]) and now["root.before.key"] == before["root.key"] != now["root.key"]
    # Tokens and repeats from before first, then everything under a new sign-in.
    assert indexed.write_once()["summary"] == "once"
    other = indexed.left.engineer.post(indexed.notes, {**indexed.body, "text": "other"}, headers={"Idempotency-Key": "over-the-renewal"}, expect=409)
    assert other["code"] == "idempotency_key_reused"
    indexed.finds_everything()
    assert indexed.rehearsed() == {}, "decisions from before name products by other codes"
    assert [row["summary"] for row in indexed.left.engineer.get(f"{indexed.notes}?limit=500", expect=200).items].count("once") == 1
    person.decide(code=code)
    box = indexed.box(gone)
    indexed.case.note(indexed.left.engineer, "To the same box, made again")
    stopped = until(lambda: indexed.box_mails(box, "stopped"), 30, "a mail that is not sent")
    assert stopped[0]["reason"] == "address_bounced"

    # The log says so, and tells the rows that decide as they are now.
    (entry,) = indexed.renewals()
    counts = entry["core"]["unmapped"]["decision"]
    assert counts["authorizations"] == counts["addresses_left"] == 1 and counts["cases"] >= 1
    indexed.gateway.command("audit", "verify")
    indexed.gateway.command("gate", "replay")
    copy = tmp_path / "copy.db"
    indexed.gateway.command("audit", "copy", copy)


def test_what_is_forgotten(indexed):
    """One renewal later the key before is another one: a repeat counts as another request, a box that was not there is written to."""
    indexed.sign_in()
    indexed.write_once("before-forgetting")
    indexed.renew("--forget")
    assert {"root.before.key", "index.before.key", "index.key", "root.next.key"}.isdisjoint(indexed.files())
    indexed.finds_everything()
    assert indexed.write_once("before-forgetting", expect=409)["code"] == "idempotency_key_reused"
    assert indexed.write_once("after-forgetting") and indexed.write_once("after-forgetting")["summary"] == "once"


def test_a_key_that_outlived_its_root_is_replaced(indexed):
    """As versions before this one left it: another root, and the key of indexes in a file of its own."""
    indexed.sign_in()
    indexed.write_once("beside-an-older-key")
    indexed.gateway.stop()
    outlived = index_key_of(indexed.files()["root.key"])
    indexed.put("index.key", outlived)
    indexed.put("root.key", os.urandom(32))
    indexed.gateway.start()
    indexed.finds_everything()
    indexed.renew()
    now = indexed.files()
    assert "index.key" not in now and now["index.before.key"] == outlived
    indexed.finds_everything()
    assert indexed.write_once("beside-an-older-key")["summary"] == "once"


def test_keys_and_data_of_different_times_do_not_start(indexed):
    indexed.gateway.stop()
    indexed.put("index.key", os.urandom(32))
    done = subprocess.run([program(), "serve", "--config", indexed.gateway.config], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and "renewal of the service root" in done.stderr, done.stderr
    assert indexed.gateway.command("keys", "renew-root", check=False).returncode != 0
    assert "root.next.key" not in indexed.files()
    (indexed.keys / "index.key").unlink()
    indexed.gateway.start()
    indexed.finds_everything()


def test_keys_from_outside_are_replaced_there(indexed, tmp_path):
    """The service manager's credentials: made of the files after a renewal, the keys before among them."""
    indexed.sign_in()
    indexed.write_once("over-to-credentials")
    indexed.renew()
    indexed.gateway.stop()
    credentials = tmp_path / "credentials"
    credentials.mkdir(mode=0o700)
    before = indexed.files()
    for name in before:
        (indexed.keys / name).rename(credentials / name)
    indexed.gateway.settings["keys.source"] = "credential"
    indexed.gateway.write_config()
    indexed.gateway.environment["CREDENTIALS_DIRECTORY"] = str(credentials)
    refused = indexed.gateway.command("keys", "renew-root", check=False)
    assert refused.returncode == 1 and "from outside" in refused.stderr, refused.stderr
    indexed.gateway.start()
    assert indexed.write_once("over-to-credentials")["summary"] == "once"
    indexed.finds_everything()
    indexed.gateway.stop()
    for name in before:
        (credentials / name).rename(indexed.keys / name)
    del indexed.gateway.settings["keys.source"], indexed.gateway.environment["CREDENTIALS_DIRECTORY"]
    indexed.gateway.write_config()
    indexed.gateway.start()


def test_a_power_cut_between_any_two_steps(indexed, tmp_path):
    """The files as they lie there then: before the commit the next root is dropped, behind it every step is done once more."""
    indexed.sign_in()
    indexed.gateway.stop()
    before = indexed.files()
    shutil.copytree(indexed.gateway.data, tmp_path / "before")
    indexed.put("root.next.key", os.urandom(32))
    indexed.gateway.start()
    assert indexed.files() == before
    indexed.finds_everything()

    indexed.gateway.stop()
    indexed.gateway.command("keys", "renew-root")
    after = indexed.files()
    shutil.copytree(indexed.gateway.data, tmp_path / "after")
    shutil.copy(indexed.keys / "anchor", tmp_path / "anchor")
    steps = ["index.before.key", "root.before.key", "root.key"]
    for done in range(len(steps) + 1):
        for how in ("start", "run again"):
            shutil.rmtree(indexed.gateway.data)
            shutil.copytree(tmp_path / "after", indexed.gateway.data)
            shutil.copy(tmp_path / "anchor", indexed.keys / "anchor")
            for name, content in {**before, "database.key": after["database.key"], "root.next.key": after["root.key"]}.items():
                indexed.put(name, content)
            for name in steps[:done]:
                indexed.put(name, after[name])
            if how == "run again":
                assert "nothing is renewed twice" in indexed.gateway.command("keys", "renew-root").stderr
            else:
                refused = indexed.gateway.command("keys", "log-compromised", check=False)
                assert refused.returncode == 1 and "a change of keys was interrupted" in refused.stderr
            indexed.gateway.start()
            assert indexed.files() == after, (done, how)
            indexed.finds_everything()
            indexed.gateway.stop()
    indexed.gateway.start()


@pytest.mark.parametrize("how", ["start", "run again"])
@pytest.mark.parametrize("step", ["root.next.key", "index.before.key", "root.before.key", "root.key", "end"])
def test_a_kill_is_settled_by_the_next_start_or_run(indexed, step, how):
    """Killed at the step or a moment later: renewed once, or not at all, and everything is found either way."""
    indexed.sign_in()
    renewed, before = len(indexed.renewals()), indexed.files()
    indexed.gateway.stop()

    def there():
        file = indexed.keys / ("root.key" if step == "end" else step)
        try:
            changed = file.read_bytes() != before.get(file.name)
        except FileNotFoundError:
            return False
        return changed and (step != "end" or not (indexed.keys / "root.next.key").exists())

    with subprocess.Popen([program(), "keys", "renew-root", "--config", indexed.gateway.config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        while not there() and running.poll() is None:  # without a pause: the next step is milliseconds away
            pass
        running.kill()
    print("killed" if running.returncode < 0 else "it had ended")
    waiting = (indexed.keys / "root.next.key").exists()
    if how == "run again" and waiting:
        indexed.gateway.command("keys", "renew-root")
    indexed.gateway.start()
    indexed.finds_everything()
    now = indexed.files()
    assert "root.next.key" not in now and len(indexed.renewals()) - renewed == (now["root.key"] != before["root.key"])
    if how == "run again" or step != "root.next.key":
        assert now["root.before.key"] == before["root.key"], "not renewed twice"
