"""Running it: health, metrics, configuration, reload, orderly end, what the command line says. Private gateways where one is stopped."""

import json
import os
import re
import shutil
import signal
import stat
import threading

import pytest
import requests

from support.gateway import Gateway, program, until
from support.world import PASSWORD, World


def get(gateway, path):
    return requests.get(gateway.metrics_url + path, verify=str(gateway.ca), timeout=10)


def test_health_and_readiness(gateway):
    assert get(gateway, "/healthz").status_code == 200
    assert get(gateway, "/readyz").status_code == 200
    assert get(gateway, "/other").status_code == 404
    assert requests.post(gateway.metrics_url + "/metrics", verify=str(gateway.ca), timeout=10).status_code == 405


def test_the_gateway_itself_answers_that_it_is_alive(world):
    assert world.anonymous.get("/healthz", expect=200)["status"] == "ok"


def test_the_contract_is_served_as_it_is_in_the_tree(world, root):
    answer = world.anonymous.get("/api/v1/openapi.yaml", expect=200)
    assert answer.text == (root / "protocol" / "openapi" / "entente.openapi.yaml").read_text(encoding="utf-8")


def test_metrics_are_prometheus_text(world, halden, gateway):
    halden.engineer.get("/v1/me", expect=200)
    answer = get(gateway, "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    seen = set()
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:4]
            assert kind in ("counter", "gauge", "histogram", "summary") and name not in seen
            assert kind != "counter" or name.endswith("_total")
            seen.add(name)
        elif line and not line.startswith("#"):
            assert re.fullmatch(r'[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*="(\\.|[^"\\])*",?)*\})? (-?[0-9.e+-]+|[+-]Inf|NaN)', line), line
    assert len(seen) >= 5


def test_requests_are_counted_by_route(halden, gateway):
    before = gateway.metrics()
    halden.engineer.get("/v1/me", expect=200)
    assert "getCurrentUser" in gateway.metrics() and gateway.metrics() != before


def test_log_lines_are_json_with_names_and_no_sentences(halden, gateway):
    halden.engineer.get("/v1/me", expect=200)
    until(lambda: "getCurrentUser" in gateway.log(), 10, "the log line of a request")
    for line in gateway.log().splitlines():
        entry = json.loads(line)
        assert entry.get("event") or entry.get("msg") or entry.get("name"), line


def test_folders_and_files_are_the_service_s_alone(gateway):
    for folder in (gateway.data, gateway.keys):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700, folder
    for path in [*gateway.data.rglob("*"), *gateway.keys.rglob("*")]:
        if path.is_file() and not path.name.endswith((".pem", ".url")):
            assert stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0, path
    assert not any("key" in path.name and path.suffix in (".key", ".pem") for path in gateway.data.rglob("*")), "keys live outside the data folder"


def test_the_database_is_unreadable_without_its_key(gateway):
    for path in gateway.data.rglob("*"):
        if path.is_file() and path.stat().st_size > 4096:
            with open(path, "rb") as file:
                assert b"SQLite format 3" not in file.read(1 << 20), path


def test_init_is_idempotent(private_gateway):
    gateway = private_gateway()
    gateway.stop()
    before = {path: path.read_bytes() for path in gateway.keys.rglob("*") if path.is_file()}
    gateway.init()
    assert {path: path.read_bytes() for path in gateway.keys.rglob("*") if path.is_file()} == before


def test_a_second_gateway_on_the_same_data_is_refused(gateway, tmp_path):
    twin = Gateway(tmp_path, {"data.folder": str(gateway.data), "keys.folder": str(gateway.keys), "tls.certificate": gateway.settings["tls.certificate"],
                              "tls.key": gateway.settings["tls.key"], "tls.client_authorities": gateway.settings["tls.client_authorities"]})
    done = twin.command("serve", check=False)
    twin.close()
    assert done.returncode != 0 and done.stderr.strip()


# --- configuration ---


@pytest.mark.parametrize("text, word", [
    ("[listen]\nprot = 1\n", "prot"), ("[lisen]\nport = 1\n", "lisen"), ("[listen]\nport = \"x\"\n", "port"), ("[listen]\nport = 70000\n", "port"), ("[listen\n", "TOML"),
    ("[store]\nengine = \"oracle\"\n", "engine"), ("[log]\nlevel = \"loud\"\n", "level"),
])
def test_mistakes_in_the_configuration_are_named_with_their_line(tmp_path, text, word):
    import subprocess
    file = tmp_path / "bad.toml"
    file.write_text(text)
    for command in (["config", "check"], ["serve"]):
        done = subprocess.run([program(), *command, "--config", file], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode != 0
        assert word in done.stdout + done.stderr and "bad.toml" in done.stdout + done.stderr


def test_a_good_configuration_checks(gateway):
    assert gateway.command("config", "check").returncode == 0


@pytest.mark.parametrize("trouble", ["world-readable key", "foreign key", "missing keys", "damaged database"])
def test_start_refuses_what_cannot_be_right(tmp_path, trouble):
    gateway = Gateway(tmp_path / "g")
    gateway.start()
    World(gateway, trouble).company("one", form=False)
    gateway.stop()
    if trouble == "world-readable key":
        key = next(path for path in gateway.keys.iterdir() if path.name.startswith("root"))
        key.chmod(0o644)
    if trouble == "foreign key":
        other = Gateway(tmp_path / "o").init()
        for path in other.keys.iterdir():
            if path.is_file() and path.name.startswith("root"):
                shutil.copy2(path, gateway.keys / path.name)
        other.close()
    if trouble == "missing keys":
        for path in gateway.keys.iterdir():
            if path.is_file() and path.name.startswith(("root", "kek")):
                path.unlink()
    if trouble == "damaged database":
        database = max((path for path in gateway.data.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
        with open(database, "r+b") as file:
            file.seek(100)
            file.write(b"\x55" * 64)
    done = gateway.command("serve", check=False)
    gateway.close()
    assert done.returncode not in (0, -signal.SIGABRT, -signal.SIGSEGV), done.stderr
    assert done.stderr.strip() or done.stdout.strip(), "a plain sentence says why"


# --- signals ---


@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM"])
def test_a_signal_at_the_very_start_is_not_deadly(private_gateway, name):
    """From the first moment that others see it, the process reacts to signals as it will later."""
    gateway = private_gateway()
    gateway.stop()
    for _ in range(3):
        gateway.start()
        gateway.process.send_signal(getattr(signal, name))
        if name == "SIGHUP":
            assert get(gateway, "/healthz").status_code == 200
        else:
            until(lambda: gateway.process.poll() is not None, 30, "the end")
            assert gateway.process.returncode == 0
        assert gateway.stop() == 0


def test_ready_means_ready(tmp_path):
    """/readyz says yes only when the gateway itself takes connections."""
    import socket
    import subprocess
    with Gateway(tmp_path / "g") as gateway:
        gateway.init()
        for _ in range(5):
            process = subprocess.Popen([program(), "serve", "--config", gateway.config], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                with requests.Session() as session:
                    session.trust_env, session.verify = False, str(gateway.ca)

                    def ready():
                        try:
                            return session.get(f"{gateway.metrics_url}/readyz", timeout=5).status_code == 200
                        except requests.RequestException:
                            return False

                    until(ready, 30, "readiness")
                    socket.create_connection(("127.0.0.1", gateway.port), timeout=5).close()
            finally:
                process.kill()
                process.wait()


def test_sigterm_drains_and_ends_with_success(private_gateway):
    gateway = private_gateway()
    world = World(gateway, "draining")
    world.company("drained", form=False)
    assert gateway.stop() == 0
    gateway.start()
    again = World(gateway, "draining again")
    assert "drained" and len(again.operator.get("/api/v1/companies", expect=200, judge=False).items) >= 1


def test_requests_in_flight_are_answered_while_draining(private_gateway):
    gateway = private_gateway()
    world = World(gateway, "in flight")
    company = world.company("busy", form=False)
    answers, stop = [], threading.Event()

    def work(caller):
        while not stop.is_set():
            try:
                answers.append(caller.get("/api/v1/directory/companies?query=a", judge=False).status)
            except requests.RequestException:
                return

    callers = [company.person("engineer", f"-{n}") for n in range(4)]
    threads = [threading.Thread(target=work, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    until(lambda: len(answers) > 50, 30, "traffic")
    code = gateway.stop()
    stop.set()
    for thread in threads:
        thread.join()
    assert code == 0 and set(answers) <= {200, 503}


def test_sighup_takes_a_new_certificate_and_keeps_connections(private_gateway):
    gateway = private_gateway()
    world = World(gateway, "reload")
    world.operator.get("/api/v1/companies", expect=200)
    with gateway.connect() as before:
        old = before.getpeercert()["serialNumber"]
    # The gateway issues a new server certificate for itself when there is none; here another one of the same authority takes its place.
    certificate, key = (gateway.folder / name for name in ("new.pem", "new.key"))
    shutil.copy2(gateway.settings["tls.certificate"], certificate)
    shutil.copy2(gateway.settings["tls.key"], key)
    for name in ("tls.certificate", "tls.key"):
        os.remove(gateway.settings[name])
    gateway.command("init", check=False)  # makes the certificate first; the database it finds in use
    gateway.reload()

    def serial():
        with gateway.connect() as stream:
            return stream.getpeercert()["serialNumber"]

    until(lambda: serial() != old, 10, "the new certificate")
    world.operator.get("/api/v1/companies", expect=200)
    assert gateway.running()


def test_sighup_with_a_broken_certificate_keeps_the_old_one(private_gateway):
    gateway = private_gateway()
    with open(gateway.settings["tls.certificate"], "w", encoding="utf-8") as file:
        file.write("no certificate\n")
    before = gateway.log()
    gateway.reload()
    until(lambda: "reload" in gateway.log()[len(before):] or not gateway.running(), 10, "a line about the reload")
    assert gateway.running()
    with gateway.connect() as stream:
        assert stream.version()
    assert gateway.running()


def test_sighup_with_a_broken_configuration_keeps_the_old_one(private_gateway):
    gateway = private_gateway()
    gateway.config.write_text("[nonsense\n")
    before = gateway.log()
    gateway.reload()
    until(lambda: "reload" in gateway.log()[len(before):] or not gateway.running(), 10, "a line about the reload")
    assert gateway.running()
    assert get(gateway, "/readyz").status_code == 200


# --- the command line ---


def entente(*words, **options):
    import subprocess
    return subprocess.run([program(), *words], capture_output=True, text=True, timeout=60, check=False, **options)


@pytest.mark.parametrize("words", [["--help"], ["serve", "--help"], ["case", "--help"], ["case", "open", "--help"], ["audit", "--help"], ["company", "--help"], ["user", "--help"],
                                   ["client", "--help"], ["customer", "--help"], ["agreement", "--help"], ["authorization", "--help"], ["certificate", "--help"], ["config", "--help"]])
def test_help_is_there_and_goes_to_standard_output(words):
    done = entente(*words)
    assert done.returncode == 0 and len(done.stdout) > 50 and not done.stderr


@pytest.mark.parametrize("words", [["nonsense"], ["case"], ["case", "nonsense"], ["--nonsense"], []])
def test_what_is_not_understood_ends_with_an_error(words):
    done = entente(*words)
    assert done.returncode != 0 and (done.stderr or done.stdout)


def test_version():
    assert re.search(r"\d+\.\d+\.\d+", entente("--version").stdout)


def test_audit_verify_on_a_copy_names_the_record_that_was_changed(private_gateway, tmp_path):
    gateway = private_gateway()
    World(gateway, "verify").company("verified", form=False)
    assert gateway.command("audit", "verify").returncode == 0


def test_reads_on_the_data_of_a_stopped_gateway_are_counted_too(private_gateway, tmp_path):
    """Without a running gateway the command line does the whole of it in process: first sight on record, then counts."""
    gateway = private_gateway()
    world = World(gateway, "inprocess")
    left, right = world.company("left"), world.company("right")
    world.agreement(left, right)
    customer = left.customer()
    left.authorize(customer, [right])
    case = world.released_case(left, right, customer)
    case.seen_by_receiver()
    username = next(iter(account["username"] for name, account in right.accounts.items() if name.startswith("engineer")))
    gateway.stop()
    state = {**os.environ, "ENTENTE_STATE": str(tmp_path / "state")}
    (tmp_path / "password").write_text(PASSWORD + "\n", encoding="utf-8")
    gateway.command("login", "--username", username, "--password-file", tmp_path / "password", env=state)
    for _ in range(3):
        gateway.command("case", "show", case.token, env=state)
    gateway.start()
    rows = world.operator.get("/api/v1/audit/entries?limit=100&order=newest", expect=200, judge=False).items
    counted = [count for row in rows if row["operation"] == "case.read.counted" for count in row["core"]["unmapped"]["decision"]["counts"]]
    # The first of them has a record of its own.
    assert sum(int(count["reads"]) for count in counted if count["case"] == str(case.id)) >= 2
