"""A collector of security events: syslog over TLS (RFC 5425) in a process of its own, so that a test can kill it as a power cut would.

It takes frames by their octet count, judges the header of each (RFC 5424), and appends what it took to a file, one JSON object a line,
before it reads on. What is wrong ends up in the same file as {"wrong": sentence}.
"""

import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading

from support.gateway import free_port, until

HEADER = re.compile(
    rb"<(?P<pri>\d{1,3})>1 (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) (?P<proc>[!-~]{1,128}) (?P<id>[!-~]{1,32}) "
    rb"(?P<data>-|(?:\[[^\]]*\])+) (?P<text>.*)", re.DOTALL)


def serve(port, certificate, key, authority, out):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if authority != "-":
        context.load_verify_locations(authority)
        context.verify_mode = ssl.CERT_REQUIRED
    context.suppress_ragged_eofs = False
    lock = threading.Lock()
    file = os.open(out, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def keep(row):
        with lock:
            os.write(file, (json.dumps(row) + "\n").encode())

    def judge(frame):
        match = HEADER.fullmatch(frame)
        if not match:
            return {"wrong": f"no RFC 5424 header: {frame[:200]!r}"}
        row = {name: match[name].decode() for name in ("pri", "time", "host", "app", "id")}
        row["event"] = json.loads(match["text"])
        row["octets"] = len(match["text"])
        return row

    def take(connection):
        pending = b""
        try:
            with context.wrap_socket(connection, server_side=True) as link:
                while more := link.recv(65536):
                    pending += more
                    while match := re.match(rb"([1-9]\d{0,8}) ", pending):
                        end = match.end() + int(match[1])
                        if len(pending) < end:
                            break
                        keep(judge(pending[match.end():end]))
                        pending = pending[end:]
                if pending:
                    keep({"wrong": f"{len(pending)} bytes of a torn frame before an end in order"})
                keep({"end": True})
                link.unwrap()
        except (OSError, ssl.SSLError) as problem:
            keep({"broken": str(problem)})

    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=take, args=(connection,), daemon=True).start()


class Collector:
    """`authority`: demands a client certificate of it."""

    def __init__(self, folder, certificate, key, authority=None):
        self.port = free_port()
        self.out = pathlib.Path(folder) / "collected.jsonl"
        self.words = [str(self.port), str(certificate), str(key), str(authority or "-"), str(self.out)]
        self.process = None

    def start(self):
        root = pathlib.Path(__file__).resolve().parent.parent
        self.process = subprocess.Popen([sys.executable, "-m", "support.collector", *self.words], cwd=root, stdin=subprocess.DEVNULL)

        def listening():
            assert self.process.poll() is None, "the collector ended"
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return True
            except OSError:
                return False

        until(listening, 30, "the collector")
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def rows(self):
        if not self.out.exists():
            return []
        # The last line may be torn where the collector was killed.
        text = self.out.read_bytes()
        return [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines() if line.strip()]

    def events(self):
        rows = self.rows()
        assert not [row for row in rows if "wrong" in row], [row for row in rows if "wrong" in row][:3]
        return [row["event"] for row in rows if "event" in row]

    def indexes(self):
        return [event["unmapped"]["log_index"] for event in self.events()]

    def close(self):
        if self.process is not None:
            self.kill()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()


if __name__ == "__main__":
    serve(int(sys.argv[1]), *sys.argv[2:6])
