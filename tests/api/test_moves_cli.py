"""The moves, calendars and targets from the command line, as a person types them."""

import re
import subprocess

from support.gateway import program


def run(gateway, caller, folder, *words):
    environment = {"ENTENTE_TOKEN": caller.token, "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run([program(), *words, "--url", gateway.url, "--ca", str(gateway.ca)], capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def test_a_case_is_moved_and_its_time_shown(world, gateway, halden, brightwell, case, tmp_path):
    case.approve()
    other = world.released_case(halden, brightwell, world.harbour)
    for company, *words in (
        (brightwell, "offer-fix", case.token, "--text", "Fixed in 9.3.1"), (halden, "reject-fix", case.token, "--reason", "not_fixed"),
        (brightwell, "pause", case.token, "--reason", "maintenance_window", "--until", "5d"), (halden, "contest", case.token, "--reason", "answered"),
        (halden, "link", case.token, "--kind", "duplicate_of", "--to", other.token),
        (halden, "link", case.token, "--kind", "duplicate_of", "--to", other.token, "--remove"),
    ):
        run(gateway, company.engineer, tmp_path, "case", *words)
    shown = run(gateway, halden.engineer, tmp_path, "case", "timeline", case.token)
    assert "waiting (contested)" in shown and "reworking" in shown and re.search(r"fixes rejected +1$", shown, re.MULTILINE)


def test_a_held_case_is_listed_as_held_and_a_department_is_a_name(world, gateway, halden, brightwell, tmp_path):
    customer = halden.customer()
    held = world.open_case(halden, brightwell, customer)
    listed = run(gateway, halden.engineer, tmp_path, "case", "list", "--status", "held")
    assert re.search(rf"^{held.token} +held ", listed, re.MULTILINE)
    case = world.released_case(halden, brightwell, world.harbour)
    listed = run(gateway, brightwell.engineer, tmp_path, "case", "list", "--type", "inbound")
    assert re.search(rf"^{case.token} +OPEN ", listed, re.MULTILINE) and held.token not in listed
    for company, name in ((halden, "Routing"), (brightwell, "Storage")):
        department = world.department(brightwell, name)
        assert department["name"] in run(gateway, company.engineer, tmp_path, "case", "reroute", case.token, "--department", department["name"])


def test_calendars_and_targets(gateway, corvid, tmp_path):
    def typed(*words):
        return run(gateway, corvid.administrator, tmp_path, *words)

    made = typed("calendar", "add", "Typed", "--zone", "Europe/Berlin", "--hours", "mon-fri 08:00-18:00", "--holiday", "2030-12-25 Christmas")
    calendar = re.search(r"\d{3,}", made).group(0)
    typed("calendar", "replace", calendar, "--name", "Typed anew", "--zone", "Europe/Berlin", "--hours", "mon-thu 08:00-18:00")
    assert "Typed anew" in typed("calendar", "list")
    assert calendar in typed("targets", "set", "high", "--answer", "60", "--resolution", "480", "--calendar", calendar)
    assert "as the company" in typed("targets", "set", "high", "--remove")
