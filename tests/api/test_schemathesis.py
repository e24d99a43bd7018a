"""Schemathesis at the running gateway: what it makes of the OpenAPI document, signed in as people of every role.

No 5xx in problem mode, no status, label, header or body outside of the document, no canary of another company in any answer. It is no
package of Debian, so it is found where somebody put it (README); api/test_openapi_fuzz.py asks in its own way without it. ENTENTE_LONG=1
asks a hundred times as much. ENTENTE_SEED=N repeats a run.
"""

import json
import os
import pathlib
import random
import shutil
import subprocess

import pytest

from support.client import PROBLEM_MODE
from support.world import World

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LONG = os.environ.get("ENTENTE_LONG") == "1"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
# Signing out would only end the test; verification of the whole log is its own group's; the feed waits as long as it is asked to.
# Schemathesis cannot write a mail.
LEFT_ALONE = ("endSession", "verifyAuditLog", "listEvents", "receiveMail")
ROLES = ("engineer", "administrator", "compliance", "auditor", "api client", "operator", "stranger")


def schemathesis():
    for found in (os.environ.get("ENTENTE_SCHEMATHESIS"), shutil.which("schemathesis"), ROOT / "build" / "schemathesis" / "bin" / "schemathesis"):
        if found and pathlib.Path(found).is_file():
            return str(found)
    pytest.skip("Schemathesis is not installed (tests/README.md says how); api/test_openapi_fuzz.py does without it")


@pytest.fixture(scope="module")
def arena(private_gateway):
    schemathesis()
    world = World(private_gateway({"limits.requests_per_second": 100_000}), "schemathesis")
    world.halden, world.dorn = world.company("halden"), world.company("dorn")
    world.brightwell = world.company("brightwell", departments=("Networking",))
    world.agreement(world.halden, world.brightwell)
    harbour = world.halden.customer("harbour")
    world.halden.authorize(harbour, [world.brightwell])
    world.open_case(world.halden, world.brightwell, harbour)
    return world


@pytest.mark.parametrize("role", ROLES)
def test_what_schemathesis_asks_is_answered_as_the_document_says(arena, role, tmp_path):
    callers = {"engineer": lambda: arena.halden.engineer, "administrator": lambda: arena.brightwell.administrator, "compliance": lambda: arena.halden.compliance,
               "auditor": lambda: arena.halden.auditor, "api client": lambda: arena.halden.client, "operator": lambda: arena.operator,
               "stranger": lambda: arena.dorn.administrator}
    caller = callers[role]()
    seed = int(os.environ.get("ENTENTE_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
    print(f"ENTENTE_SEED={seed}")
    report = tmp_path / "asked.har"
    words = [schemathesis(), "run", str(ROOT / "protocol" / "openapi" / "entente.openapi.yaml"), "--url", arena.gateway.url, "--tls-verify", str(arena.gateway.ca),
             "-H", f"Authorization: Bearer {caller.token}", "-H", f"Accept: {PROBLEM_MODE}", "--checks", CHECKS, "--seed", str(seed), "--generation-database", "none",
             "--phases", "examples,coverage,fuzzing" if LONG else "examples,fuzzing", "--max-examples", "40" if LONG else "2", "--suppress-health-check", "all",
             "--continue-on-failure", "--no-shrink", "--request-timeout", "120", "--max-redirects", "0", "--warnings", "off", "--no-color",
             "--report", "har", "--report-har-path", str(report), "--output-sanitize", "false"]
    for operation in LEFT_ALONE:
        words += ["--exclude-operation-id", operation]
    done = subprocess.run(words, capture_output=True, text=True, timeout=7200, check=False, cwd=tmp_path, env={**os.environ, "NO_PROXY": "127.0.0.1"})
    asked = json.loads(report.read_text(encoding="utf-8"))["log"]["entries"]
    leaks = set()
    for entry in asked:
        answer = entry["response"]
        text = answer["content"].get("text") or ""
        leaks |= set(arena.ledger.leaks(text + "\n" + "\n".join(f"{each['name']}: {each['value']}" for each in answer["headers"]), caller.company))
    print(f"{role}: {len(asked)} requests")
    assert not leaks, "\n".join(sorted(leaks))
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    assert len(asked) > 100
    assert arena.gateway.running()
