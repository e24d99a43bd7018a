"""The real gateway as a process: its own data and keys, a free port, readiness by asking, ended by its own process id."""

import contextlib
import datetime
import json
import os
import pathlib
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
POLL_SECONDS = 0.02     # between two looks at a condition; never a wait by itself
START_SECONDS = 60
SANITIZER = re.compile(r"(AddressSanitizer|LeakSanitizer|runtime error:|assertion failed)[^\n]*")


def program():
    """The gateway under test: ENTENTE_BIN, or what the preset ENTENTE_PRESET (release) built."""
    if named := os.environ.get("ENTENTE_BIN"):
        return pathlib.Path(named)
    preset = os.environ.get("ENTENTE_PRESET", "release")
    for found in sorted((ROOT / "build" / preset).glob("**/entente")):
        if found.is_file() and os.access(found, os.X_OK):
            return found
    raise FileNotFoundError(f"no program named entente under build/{preset}; build it or set ENTENTE_BIN")


def until(condition, seconds=30, what="the condition"):
    """Asks again and again until the condition gives something true; an AssertionError when it never does."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{what} did not come about within {seconds} s"
        time.sleep(POLL_SECONDS)


def free_port():
    """A port that nobody listens on, below the range that the kernel hands out to outgoing connections, so that a restart finds it
    free again. Two runs at the same time draw differently."""
    lowest_ephemeral = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    chance = random.SystemRandom()
    while True:
        number = chance.randrange(10_000, max(lowest_ephemeral, 20_000))
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", number))
                return number
            except OSError:
                continue


def shim(name):
    library = ROOT / "build" / os.environ.get("ENTENTE_PRESET", "release") / "tests" / "support" / f"{name}.so"
    assert library.is_file(), f"{library} is not built"
    return str(library)


class DiskShim:
    """A disk that fills up, gets stuck or cannot be read under a gateway that is started with `environment`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.environment = {"LD_PRELOAD": shim("disk_shim"), "ENTENTE_DISK_SHIM": str(self.folder)}

    def fills_up(self):
        (self.folder / "full").touch()

    def gets_stuck(self):
        (self.folder / "stuck").touch()

    def cannot_be_read(self):
        (self.folder / "unreadable").touch()

    def recovers(self):
        for state in ("full", "stuck", "unreadable"):
            (self.folder / state).unlink(missing_ok=True)


class MovedClock:
    """The time of day for gateways that are started with `environment`: the machine's, and as much later as a test says."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "clock"
        self.later = datetime.timedelta()
        self._write()
        self.environment = {"LD_PRELOAD": shim("clock_shim"), "ENTENTE_CLOCK_SHIM": str(self.path)}

    def _write(self):
        nanoseconds = self.later // datetime.timedelta(microseconds=1) * 1000
        with open(self.path, "r+b" if self.path.exists() else "wb") as file:
            file.write(nanoseconds.to_bytes(8, sys.byteorder, signed=True))

    def advance(self, **by):
        self.later += datetime.timedelta(**by)
        self._write()


class MovedNames:
    """A resolver for gateways that are started with `environment`: names answer with the addresses that a test gives them."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "names"
        self.path.touch()
        self.asked = pathlib.Path(f"{self.path}.asked")
        self.environment = {"LD_PRELOAD": shim("resolver_shim"), "ENTENTE_RESOLVER_SHIM": str(self.path)}

    def answer(self, name, *addresses):
        self.answer_all({name: addresses})

    def answer_all(self, names):
        fresh = self.path.with_suffix(".new")
        fresh.write_text("".join(f"{name} {' '.join(addresses)}\n" for name, addresses in names.items()), encoding="utf-8")
        fresh.replace(self.path)

    def times_asked(self):
        return self.asked.stat().st_size if self.asked.exists() else 0


class Gateway:
    """One configuration, one data folder, and the process while it runs. `settings` are {"section.key": value} on top."""

    def __init__(self, folder, settings=None, environment=None, binary=None):
        self.environment, self.binary = environment or {}, binary
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = self.folder / "data"
        self.keys = self.folder / "keys"
        self.log_file = self.folder / "gateway.log"
        self.port, self.metrics_port = free_port(), free_port()
        self.settings = {
            "listen.address": "127.0.0.1", "listen.port": self.port, "listen.threads": 2,
            "metrics.port": self.metrics_port,
            "data.folder": str(self.data), "keys.folder": str(self.keys),
            "tls.certificate": str(self.keys / "authority" / "server.pem"), "tls.key": str(self.keys / "authority" / "server.key"),
            "tls.client_authorities": str(self.keys / "authority" / "ca.pem"),
            "public.url": self.url,
            "limits.requests_per_second": 10000, "limits.login_attempts_per_minute": 1000, "limits.connections_per_address": 2000,
            **(settings or {}),
        }
        self.config = self.folder / "entente.toml"
        self.write_config()
        self.process = None

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    @property
    def metrics_url(self):
        return f"https://127.0.0.1:{self.metrics_port}"

    @property
    def ca(self):
        return self.keys / "authority" / "ca.pem"

    def write_config(self):
        sections = {}
        for name, value in self.settings.items():
            section, _, key = name.partition(".")
            sections.setdefault(section, []).append(f"{key} = {json.dumps(value)}")
        self.config.write_text("".join(f"[{section}]\n" + "\n".join(lines) + "\n\n" for section, lines in sections.items()), encoding="utf-8")

    def command(self, *words, check=True, **options):
        """Runs `entente WORDS --config FILE` to its end, at the gateway's time of day and with its names."""
        options.setdefault("env", {**os.environ, **self.environment})
        done = subprocess.run([self.binary or program(), *map(str, words), "--config", self.config], capture_output=True, text=True, timeout=120, check=False, **options)
        assert not check or done.returncode == 0, f"entente {' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def init(self):
        self.command("init")
        return self

    def start(self):
        if not self.ca.is_file():
            self.init()
        with open(self.log_file, "ab") as log:
            self._log_from = log.tell()
            self.process = subprocess.Popen([self.binary or program(), "serve", "--config", self.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, **self.environment})
        with contextlib.closing(requests.Session()) as session:
            session.trust_env = False
            session.verify = str(self.ca)

            def ready():
                assert self.process.poll() is None, f"the gateway ended with {self.process.returncode}:\n{self.log()[-4000:]}"
                try:
                    if session.get(f"{self.metrics_url}/readyz", timeout=5).status_code != 200:
                        return False
                    socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                    return True
                except (requests.RequestException, OSError):
                    return False

            until(ready, START_SECONDS, "readiness")
        return self

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """SIGTERM, and SIGKILL when that is not heard. Returns the exit code; a sanitizer's report is an AssertionError."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"the gateway did not end within 30 s of SIGTERM\n{self.log()[-4000:]}") from None
        code = self.process.returncode
        self.process = None
        self.judge_log()
        return code

    def kill(self):
        """SIGKILL: what a power cut leaves."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def log(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    def judge_log(self):
        found = SANITIZER.search(self.log())
        assert not found, f"{found.group(0)}\n{self.log()[found.start():found.start() + 6000]}"

    def metrics(self):
        answer = requests.get(f"{self.metrics_url}/metrics", verify=str(self.ca), timeout=30)
        assert answer.status_code == 200
        return answer.text

    def metric(self, name, **labels):
        """The sum over the series of that name which carry these labels."""
        total = 0.0
        for line in self.metrics().splitlines():
            match = re.fullmatch(r"([a-zA-Z_:]\w*)(?:\{(.*)\})? (\S+)", line)
            if match and match.group(1) == name and all(f'{key}="{value}"' in (match.group(2) or "") for key, value in labels.items()):
                total += float(match.group(3))
        return total

    def operator_credential(self):
        return json.loads((self.keys / "operator.json").read_text(encoding="utf-8"))

    def tls_context(self, certificate=None, key=None):
        context = ssl.create_default_context(cafile=str(self.ca))
        if certificate:
            context.load_cert_chain(certificate, key)
        return context

    def connect(self, context=None, timeout=30, port=None):
        """A raw TLS connection for requests that no client library would send."""
        plain = socket.create_connection(("127.0.0.1", port or self.port), timeout=timeout)
        try:
            return (context or self.tls_context()).wrap_socket(plain, server_hostname="127.0.0.1")
        except BaseException:
            plain.close()
            raise

    def close(self):
        try:
            if self.process is not None:
                self.stop()
        finally:
            if self.process is not None:
                self.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
