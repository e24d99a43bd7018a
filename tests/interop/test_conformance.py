"""The conformance kit against ourselves, as a partner runs it in its own pipeline."""

import json
import subprocess

import pytest

from support.gateway import program


@pytest.fixture(scope="module")
def files(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    made = {}
    for company in (world.halden, world.brightwell):
        company.client
        made[company.key] = (company.client_row["clientId"], folder / company.key)
        made[company.key][1].write_text(company.client_row["clientSecret"] + "\n", encoding="utf-8")
    return made


def conform(gateway, *words):
    return subprocess.run([program(), "conformance", "--url", gateway.url, "--ca", gateway.ca, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)


def test_we_conform_from_both_sides(gateway, world, files):
    submitter, receiver = files["halden"], files["brightwell"]
    done = conform(gateway, "--client", submitter[0], "--secret-file", submitter[1], "--partner-client", receiver[0], "--partner-secret-file", receiver[1],
                   "--document", world.brightwell.form["id"], "--search", world.brightwell.domain.split(".")[0], "--customer", world.harbour.name, "--json")
    report = json.loads(done.stdout)
    wrong = [check for check in report["checks"] if check["outcome"] not in ("passed", "differs")]
    assert not wrong, "\n".join(f"{check['section']} {check['title']}: {check['outcome']}: {check['detail']}" for check in wrong)
    assert report["passed"] > 40 and done.returncode == (0 if report["failed"] == 0 else 1)


def test_the_report_is_readable_and_one_side_is_enough(gateway, files):
    submitter = files["halden"]
    done = conform(gateway, "--client", submitter[0], "--secret-file", submitter[1])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed, 0 failed" in done.stdout and "no --document ID was given" in done.stdout


def test_a_server_that_does_not_speak_it_fails(gateway, files):
    submitter = files["halden"]
    other = f"{gateway.metrics_url}"
    done = subprocess.run([program(), "conformance", "--url", other, "--ca", gateway.ca, "--client", submitter[0], "--secret-file", submitter[1]],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (3, 4), done.stdout + done.stderr
    assert conform(gateway).returncode == 2
