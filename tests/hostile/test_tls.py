"""What TLS accepts: versions, ciphers, plain text on the port, broken handshakes, and more connections than there is room for."""

import contextlib
import datetime
import ipaddress
import os
import pathlib
import socket
import ssl
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from support import raw
from support.gateway import Gateway, free_port, until


def handshake(gateway, *words, port=None):
    """openssl s_client with these words; what it printed."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port or gateway.port}", "-CAfile", gateway.ca, "-brief", *words], input="", capture_output=True, text=True,
                          timeout=30, check=False)
    return done.returncode == 0 and "Protocol version" in done.stdout + done.stderr, done.stdout + done.stderr


# A library that takes everything, so that what is refused is refused by the gateway and by nothing else.
LENIENT = """openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = lenient
[lenient]
MinProtocol = TLSv1
CipherString = ALL:COMPLEMENTOFALL:@SECLEVEL=0
"""


def rsa_certificate(gateway):
    """Over the gateway's own, from its own authority: most suites of old need one."""
    authority = x509.load_pem_x509_certificate(gateway.ca.read_bytes())
    signer = serialization.load_pem_private_key((gateway.keys / "authority" / "ca.key").read_bytes(), None)
    key = rsa.generate_private_key(65537, 2048)
    now = datetime.datetime.utcnow()
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "localhost")])).issuer_name(authority.subject) \
        .public_key(key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1)) \
        .not_valid_after(now + datetime.timedelta(days=2)).add_extension(names, False).sign(signer, hashes.SHA256())
    pathlib.Path(gateway.settings["tls.certificate"]).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pathlib.Path(gateway.settings["tls.key"]).write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


@pytest.fixture(scope="module")
def lenient(tmp_path_factory):
    """A gateway and a plain server beside it, with one certificate and one library that takes everything."""
    folder = tmp_path_factory.mktemp("lenient")
    (folder / "openssl.cnf").write_text(LENIENT, encoding="ascii")
    with Gateway(folder / "gateway", environment={"OPENSSL_CONF": str(folder / "openssl.cnf")}) as gateway:
        gateway.init()
        rsa_certificate(gateway)
        gateway.start()
        gateway.plain_port = free_port()
        words = ["openssl", "s_server", "-accept", f"127.0.0.1:{gateway.plain_port}", "-cert", gateway.settings["tls.certificate"], "-key", gateway.settings["tls.key"], "-quiet"]
        plain = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **gateway.environment})
        try:
            def listens():
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", gateway.plain_port), timeout=5).close()
                    return True
                return False

            until(listens, 20, "the plain server")
            yield gateway
        finally:
            plain.kill()
            plain.wait()


def refused_by_the_gateway_alone(lenient, *words):
    """What the gateway answered where the plain server agrees to these words."""
    taken, text = handshake(lenient, *words, port=lenient.plain_port)
    assert taken, f"the library does not take {words} anyhow, so this shows nothing: {text}"
    ok, text = handshake(lenient, *words)
    assert not ok
    return text


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_versions_are_refused(lenient, version):
    assert "alert protocol version" in refused_by_the_gateway_alone(lenient, version, "-cipher", "ALL:@SECLEVEL=0")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_good_versions_are_accepted(gateway, version):
    ok, text = handshake(gateway, version)
    assert ok, text


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"])
def test_good_ciphers_of_tls_1_2(gateway, cipher):
    ok, text = handshake(gateway, "-tls1_2", "-cipher", cipher)
    assert ok and cipher in text


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384"])
def test_bad_ciphers_of_tls_1_2(gateway, cipher):
    ok, _ = handshake(gateway, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
    assert not ok


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "AES128-SHA", "NULL-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-NULL-SHA", "AECDH-AES128-SHA"])
def test_bad_ciphers_of_tls_1_2_with_an_rsa_certificate(lenient, cipher):
    """No forward secrecy, no encryption, no authentication of the server, no authenticated encryption."""
    assert "alert handshake failure" in refused_by_the_gateway_alone(lenient, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")


def test_good_ciphers_with_an_rsa_certificate(lenient):
    ok, text = handshake(lenient, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256")
    assert ok, text


def test_no_compression_and_no_renegotiation(gateway):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-CAfile", gateway.ca, "-tls1_2"], input="R\n", capture_output=True, text=True, timeout=30, check=False)
    assert "Compression: NONE" in done.stdout
    assert "RENEGOTIATING" in done.stdout + done.stderr and "no renegotiation" in done.stdout + done.stderr, done.stdout + done.stderr


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
