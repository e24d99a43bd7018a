"""entente sandbox: one command gives a partner's developer a gateway with a partner that answers; and the example clients run on it."""

import json
import os
import pathlib
import signal
import subprocess

import pytest
import requests

from support import contract as contracts
from support.gateway import program, until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "protocol" / "openapi" / "examples"


class Sandbox:
    def __init__(self, folder):
        self.process = subprocess.Popen([program(), "sandbox", "--json", "--folder", str(folder)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=open(f"{folder}.log", "wb"), text=True)
        line = self.process.stdout.readline()
        assert line, pathlib.Path(f"{folder}.log").read_text(encoding="utf-8")
        self.told = json.loads(line)
        self.contract = contracts.Contract()
        answer = requests.post(self.told["tokenUrl"], verify=self.told["ca"], timeout=30, data={
            "grant_type": "client_credentials", "client_id": self.told["clientId"], "client_secret": self.told["clientSecret"]})
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def call(self, method, path, body=None, expect=200):
        answer = requests.request(method, self.told["url"] + path, json=body, headers=self.headers, verify=self.told["ca"], timeout=30)
        assert answer.status_code == expect, answer.text
        wrong = self.contract.check(method, path, answer.status_code, answer.headers["Content-Type"], answer.json())
        assert not wrong, wrong
        return answer.json()

    def open(self, summary, form=None):
        told = self.told
        fields = [] if form else [{"field": told["customerField"], "value": told["customer"]}]
        return self.call("POST", "/api/v1/cases", {"form": form or told["form"], "summary": summary, "severity": "high",
                                                   "submitter": {"caseNumber": "T-1"}, "fields": fields}, 201)

    def case(self, token):
        return self.call("GET", f"/api/v1/cases/{token}")

    def answers(self, token):
        return self.call("GET", f"/api/v1/cases/{token}/answers")["items"]

    def environment(self):
        told = self.told
        return {**os.environ, "ENTENTE_URL": told["url"], "ENTENTE_CA": told["ca"], "ENTENTE_CLIENT_ID": told["clientId"],
                "ENTENTE_CLIENT_SECRET": told["clientSecret"], "ENTENTE_FORM": str(told["form"]),
                "ENTENTE_CUSTOMER_FIELD": str(told["customerField"]), "ENTENTE_CUSTOMER": told["customer"]}

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    box = Sandbox(tmp_path_factory.mktemp("sandbox") / "box")
    yield box
    if box.process.poll() is None:
        box.process.kill()
        box.process.wait()


def test_the_partner_accepts_and_replies_to_notes(sandbox):
    token = sandbox.open("Paths drop")["token"]
    until(lambda: sandbox.case(token)["status"] == "accepted", what="acceptance")
    assert sandbox.case(token)["receiver"]["caseNumber"].startswith("SBX-")
    sandbox.call("POST", f"/api/v1/cases/{token}/notes", {"visibility": "shared", "summary": "Anything new?"}, 201)
    until(lambda: sandbox.call("GET", f"/api/v1/cases/{token}/notes")["items"][-1]["direction"] == "inbound", what="a reply")


def test_a_word_in_the_summary_decides(sandbox):
    refused = sandbox.open("Please refuse this")["token"]
    until(lambda: sandbox.case(refused)["status"] == "rejected", what="the refusal")
    asked = sandbox.open("Ask me first")["token"]
    until(lambda: sandbox.case(asked)["status"] == "information", what="the question")
    sandbox.call("POST", f"/api/v1/cases/{asked}/answers", {"kind": "reply", "text": "12.1"}, 201)
    until(lambda: sandbox.case(asked)["status"] == "accepted", what="acceptance after the reply")
    assert [answer["kind"] for answer in sandbox.answers(asked)] == ["ask", "reply", "approve"]


def test_a_partner_that_stalls_never_answers(sandbox):
    stalled = sandbox.open("Just stall")["token"]
    later = sandbox.open("And answer this one")["token"]
    until(lambda: sandbox.case(later)["status"] == "accepted", what="the later case")
    assert sandbox.case(stalled)["status"] == "open" and sandbox.answers(stalled) == []


def test_departments_behave_by_their_name(sandbox):
    """Their cases are held until a customer is named, so this one goes through the department's own field."""
    form = sandbox.told["forms"]["refuse"]
    rows = sandbox.call("GET", f"/v1/forms/document/{form}")["customFields"]
    field = next(row["fieldId"] for row in rows if row["label"] == "Customer Company")
    token = sandbox.call("POST", "/api/v1/cases", {"form": form, "summary": "Paths drop", "submitter": {"caseNumber": "T-2"},
                                                   "fields": [{"field": field, "value": sandbox.told["customer"]}]}, 201)["token"]
    until(lambda: sandbox.case(token)["status"] == "rejected", what="the department's refusal")


@pytest.mark.parametrize("command", [["/usr/bin/python3", "client.py"], ["node", "client.mjs"]], ids=["python", "node"])
@pytest.mark.parametrize("summary, lines", [("Please answer", ("opened", "accepted as SBX-", "closed")),
                                            ("Please ask first", ("opened", "asked: Which release", "accepted as SBX-", "closed")),
                                            ("Please refuse", ("opened", "rejected The sandbox"))])
def test_the_example_clients_walk_a_whole_case(sandbox, command, summary, lines):
    done = subprocess.run([*command, summary], cwd=EXAMPLES, env=sandbox.environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()
    assert len(said) == len(lines) and all(line.startswith(start) for line, start in zip(said, lines)), done.stdout


def test_it_stops_cleanly_and_refuses_a_folder_that_is_in_use(sandbox, tmp_path):
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    done = subprocess.run([program(), "sandbox", "--folder", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and "not empty" in done.stderr
    assert sandbox.end() == 0
