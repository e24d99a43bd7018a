"""A withdrawal with a hundred deliveries and ten files under way: when it is acknowledged, not one byte leaves any more.

The receivers of deliveries take the connection and then keep the gateway waiting in the handshake, so that every delivery is past its
lease, its gate and its connection, and no byte of it has left. They count what they are sent after the handshake. The places for
files read the beginning of each file and then stall, so that every file is in the middle of its way to both sides; what arrives is
counted down to the kernel's.
"""

import re
import socket
import ssl
import threading

import pytest

from support.file_receiver import FileReceiver, certificate_for
from support.files import let_pass, send, target
from support.gateway import Gateway, MovedNames, until
from support.world import World

TARGETS, CASES, FILES = 25, 4, 10


class Staller:
    """Accepts, and shakes hands only when told to; keeps the bytes of every connection."""

    def __init__(self, certificate, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]
        self.go_on = threading.Event()
        self.lock = threading.Lock()
        self.waiting = 0
        self.received = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with self.lock:
            self.waiting += 1
        self.go_on.wait(100)
        with self.lock:
            self.waiting -= 1
        text = b""
        try:
            connection.settimeout(60)
            with self.context.wrap_socket(connection, server_side=True) as session:
                while b"\r\n\r\n" not in text or len(text.split(b"\r\n\r\n", 1)[1]) < int(re.search(rb"(?i)content-length: *(\d+)", text).group(1)):
                    part = session.recv(65536)
                    if not part:
                        break
                    text += part
                if text:
                    session.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        except OSError:
            pass
        with self.lock:
            self.received.append(text)

    def close(self):
        self.go_on.set()
        self.socket.close()


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flight")
    settings = {"deliveries.allowed_networks": "127.0.0.0/8", "deliveries.authorities": str(folder / "keys" / "authority" / "ca.pem"),
                "deliveries.threads": 256, "deliveries.timeout_seconds": 120, "attachments.timeout_seconds": 120}
    names = MovedNames(folder)
    names.answer_all({"left.files.example": ["127.0.0.1"], "right.files.example": ["127.0.0.1"]})
    with Gateway(folder, settings, names.environment) as gateway:
        gateway.start()
        world = World(gateway, "flight")
        world.left, world.right = world.company("left"), world.company("right")
        world.agreement(world.left, world.right)
        yield world


class Files:
    """Files of both companies under way to the places of both, each stalled in the middle."""

    def __init__(self, world, cases, folder):
        self.world, self.results, self.threads = world, [], []
        certificates = [certificate_for(world.gateway.keys / "authority", [f"{side}.files.example"], folder) for side in ("left", "right")]
        self.places = [FileReceiver(*one, stall_after=100_000, keep=False) for one in certificates]
        content = bytes(8 << 20)
        for number in range(FILES):
            sender, case = (world.left, world.right)[number % 2], cases[number % len(cases)]
            if number < len(cases):
                let_pass(world.left, case, content)
                let_pass(world.right, case, content)
                for side, company, place in (("left", world.left, self.places[0]), ("right", world.right, self.places[1])):
                    company.engineer.put(f"{case.path}/attachments/config/https", target(f"{side}.files.example", place.port), expect=200)
            caller = sender.engineer.with_token(sender.engineer.token)
            self.threads.append(threading.Thread(target=lambda c=caller, t=case.token, n=number: self.results.append(send(c, t, (f"{n}.bin", content)).body[0])))
        for thread in self.threads:
            thread.start()

    def under_way(self):
        return all(place.stalled == FILES for place in self.places)

    def bytes(self):
        return [place.arrived + place.in_kernel() for place in self.places]

    def close(self):
        for place in self.places:
            place.close()
        for thread in self.threads:
            thread.join(60)


def states(world, hooks):
    return [row for hook in hooks for row in world.right.administrator.get(f"/api/v1/webhooks/{hook}/deliveries?limit=100", expect=200).items]


def test_after_a_withdrawal_is_acknowledged_zero_bytes_leave(busy, tmp_path):
    left, right = busy.left, busy.right
    authority = busy.gateway.keys / "authority"
    staller, files = Staller(authority / "server.pem", authority / "server.key"), None
    try:
        hooks = [right.administrator.post("/api/v1/webhooks", {"callbackUrl": f"https://127.0.0.1:{staller.port}/{number}", "eventTypes": ["case.created"]}, expect=201)["id"]
                 for number in range(TARGETS)]
        customer, other = left.customer(), left.customer("other")
        granted = busy.left.grant(left.request_authorization(customer, [right]))
        customer.open_to.add(right.key)
        left.authorize(other, [right])
        cases = [busy.released_case(left, right, customer) for _ in range(CASES)]
        until(lambda: staller.waiting == TARGETS * CASES, 60, "a hundred connections")
        files = Files(busy, cases, tmp_path)
        until(files.under_way, 120, "ten files in the middle of both ways")
        assert {row["state"] for row in states(busy, hooks)} == {"leased"}
        left.compliance.post(f"/api/v1/authorizations/{granted['id']}/withdraw", {"reason": f"Customer asked {left.word('withdrawal')}"}, expect=200)
        # From here on nothing may come, although the receivers are willing now.
        before = files.bytes()
        staller.go_on.set()
        for thread in files.threads:
            thread.join(60)
        assert len(files.results) == FILES
        assert all((row["receiverStatus"], row["submitterStatus"]) == ("CONTENT_ERROR", "CONTENT_ERROR") for row in files.results), files.results
        assert all(now <= then for now, then in zip(files.bytes(), before, strict=True)) and not files.places[0].taken + files.places[1].taken
        until(lambda: all(row["state"] == "stopped" for row in states(busy, hooks)), 60, "the end of all deliveries")
        until(lambda: len(staller.received) == TARGETS * CASES, 60, "the end of all connections")
        assert sum(map(len, staller.received)) == 0, [text[:200] for text in staller.received if text]
        rows = states(busy, hooks)
        assert len(rows) == TARGETS * CASES and {row["reason"] for row in rows} == {"gate_closed"}
        # Each stopped item stands in the log, and the receivers do count: a case of a customer who permits it comes through.
        stopped = [entry for case in cases for entry in right.compliance.get(f"/api/v1/audit/entries?case={case.token}&limit=500", expect=200).items
                   if entry["operation"] == "webhook.stopped"]
        assert len(stopped) == TARGETS * CASES
        busy.released_case(left, right, other)
        until(lambda: sum(1 for text in list(staller.received) if text) == TARGETS, 60, "the case of the other customer")
    finally:
        staller.close()
        if files:
            files.close()
