"""What TLS accepts: versions, ciphers, plain text on the port, broken handshakes, and more connections than there is room for."""

import contextlib
import socket
import ssl
import subprocess

import pytest

from support import raw
from support.gateway import Gateway, until


def handshake(gateway, *words):
    """openssl s_client with these words; what it printed."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-CAfile", gateway.ca, "-brief", *words], input="", capture_output=True, text=True,
                          timeout=30, check=False)
    return done.returncode == 0 and "Protocol version" in done.stdout + done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_versions_are_refused(gateway, version):
    ok, _ = handshake(gateway, version, "-cipher", "ALL:@SECLEVEL=0")
    assert not ok


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_good_versions_are_accepted(gateway, version):
    ok, text = handshake(gateway, version)
    assert ok, text


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"])
def test_good_ciphers_of_tls_1_2(gateway, cipher):
    ok, text = handshake(gateway, "-tls1_2", "-cipher", cipher)
    assert ok and cipher in text


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "AES128-SHA", "DHE-RSA-AES128-GCM-SHA256", "NULL-SHA256",
                                    "ADH-AES128-SHA", "PSK-AES128-GCM-SHA256"])
def test_bad_ciphers_of_tls_1_2(gateway, cipher):
    ok, _ = handshake(gateway, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
    assert not ok


def test_no_compression_and_no_renegotiation(gateway):
    _, text = handshake(gateway, "-tls1_2")
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-CAfile", gateway.ca, "-tls1_2"], input="R\n", capture_output=True, text=True, timeout=30, check=False)
    assert "Compression: NONE" in done.stdout
    assert "RENEGOTIATING" not in done.stdout or "error" in (done.stdout + done.stderr).lower() or "no renegotiation" in (done.stdout + done.stderr)
    assert text


def test_the_certificate_names_the_machine(gateway):
    with gateway.connect() as stream:
        names = {value for _, value in stream.getpeercert()["subjectAltName"]}
    assert {"localhost", "127.0.0.1"} <= names and any(name.strip("0:") == "1" for name in names)


@pytest.mark.parametrize("data", [b"GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n", b"", b"\x00" * 100, b"\x16\x03\x01\xff\xff" + b"\x01" * 200, b"SSH-2.0-x\r\n", b"\x80\x2e\x01\x00\x02" + bytes(40)])
def test_plain_text_on_the_port_is_answered_in_no_clear_text(gateway, serves, data):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as plain:
        plain.sendall(data)
        got = b""
        with contextlib.suppress(ConnectionError):
            while chunk := plain.recv(4096):
                got += chunk
        assert not got or got[0] == 21, f"only a TLS alert may come back, not {got[:60]!r}"


def test_a_handshake_that_stops_half_way_is_dropped(gateway, serves):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as plain:
        plain.sendall(bytes.fromhex("1603010200010001fc0303"))
        with contextlib.suppress(ConnectionError):
            while plain.recv(4096):
                pass


def test_connections_that_say_nothing_are_dropped(gateway, serves):
    many = [socket.create_connection(("127.0.0.1", gateway.port), timeout=30) for _ in range(20)]
    for one in many:
        with contextlib.suppress(ConnectionError):
            while one.recv(4096):
                pass
        one.close()


@pytest.mark.parametrize("limits, room", [({"limits.connections_per_address": 25}, 25), ({"limits.connections": 20, "limits.connections_per_address": 20}, 20)])
def test_more_connections_than_there_is_room_for(tmp_path, limits, room):
    """What is above the ceiling is closed at once, what is below works, and room comes back."""
    with Gateway(tmp_path / "g", limits) as gateway:
        gateway.start()
        fill(gateway, room)


def fill(gateway, room):
    kept, refused = [], 0
    for _ in range(room + 20):
        try:
            stream = raw.Raw(gateway, timeout=10)
            reply = stream.send(raw.request("GET", "/healthz")).final()
            if reply is not None and reply.status == 200:
                kept.append(stream)
            else:
                refused += 1
                stream.close()
        except (OSError, ssl.SSLError):
            refused += 1
    assert (len(kept), refused) == (room, 20)
    assert all(stream.send(raw.request("GET", "/healthz")).final().status == 200 for stream in kept), "those inside are served on"
    for stream in kept:
        stream.close()

    def room_again():
        try:
            return raw.once(gateway, raw.request("GET", "/healthz")).status == 200
        except (OSError, ssl.SSLError, AttributeError):
            return False

    until(room_again, 20, "room for a new connection")


def test_connections_do_not_pile_up(gateway, serves):
    """Hundreds of handshakes cut at random places leave nothing behind."""
    import random
    chance = random.Random(7)
    for _ in range(200):
        try:
            plain = socket.create_connection(("127.0.0.1", gateway.port), timeout=10)
        except OSError:
            continue
        with contextlib.suppress(OSError):
            plain.sendall(bytes(chance.randrange(256) for _ in range(chance.randrange(200))))
        plain.close()
    until(lambda: gateway.metric("entente_connections", listener="api") <= 10, 20, "an end of the cut connections")
