"""A member's place for files: takes PUT over TLS and behaves as a test tells it, down to the bytes.

`behave(taken) -> status | "cut" | "silent"` decides when all of a file is there; `stall_after` stops reading after so many bytes of
content until `go_on` is set. `arrived` counts content as it is read, `in_kernel` what lies unread in the sockets.
"""

import base64
import dataclasses
import datetime
import fcntl
import hashlib
import ipaddress
import socket
import ssl
import struct
import termios
import threading
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate_for(authority, names, folder):
    """A server certificate of the gateway's own authority for these names; the paths of its chain and key."""
    ca = x509.load_pem_x509_certificate((authority / "ca.pem").read_bytes())
    ca_key = serialization.load_pem_private_key((authority / "ca.key").read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    alternatives = [x509.DNSName(name) for name in names] + [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])).issuer_name(ca.subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=2)).add_extension(x509.SubjectAlternativeName(alternatives), False)
            .add_extension(x509.BasicConstraints(False, None), True)
            .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), False)
            .sign(ca_key, hashes.SHA256() if not ca_key.__class__.__name__.startswith("_Ed") and "Ed25519" not in type(ca_key).__name__ else None))
    chain, private = folder / f"{names[0]}.pem", folder / f"{names[0]}.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM) + (authority / "ca.pem").read_bytes())
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return chain, private


@dataclasses.dataclass
class TakenFile:
    method: str
    target: str
    headers: dict  # lower-case names
    content: bytes  # empty unless kept
    size: int
    sha256: str
    answered: object = None

    @property
    def name(self):
        return urllib.parse.unquote(self.target.rsplit("/", 1)[-1])

    @property
    def credentials(self):
        return base64.b64decode(self.headers["authorization"].removeprefix("Basic ")).decode()


class FileReceiver:
    def __init__(self, certificate, key, *, behave=None, stall_after=None, keep=True):
        self.taken = []
        self.behave = behave or (lambda taken: 201)
        self.stall_after, self.keep = stall_after, keep
        self.go_on = threading.Event()
        self.arrived = 0
        self.stalled = 0
        self.serving = 0  # connections
        self._sockets = []
        self._lock = threading.Lock()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        if stall_after is not None:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)  # what the kernel takes for a reader that stalls
        self.port = self._listener.getsockname()[1]
        self._closing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._guarded, args=(plain,), daemon=True).start()

    def _guarded(self, plain):
        with self._lock:
            self.serving += 1
        try:
            plain.settimeout(60)
            with self._context.wrap_socket(plain, server_side=True) as secure:
                with self._lock:
                    self._sockets.append(secure)
                self._serve(secure)
        except (OSError, ssl.SSLError, ValueError):
            pass  # a sender that goes away in the middle is part of the game
        finally:
            with self._lock:
                self.serving -= 1

    def _serve(self, secure):
        head = b""
        while b"\r\n\r\n" not in head:
            got = secure.recv(65536)
            if not got:
                return
            head += got
        head, _, body = head.partition(b"\r\n\r\n")
        line, *rest = head.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
        size, digest, seen, kept = int(headers.get("content-length", "0")), hashlib.sha256(), 0, []
        while True:
            if body:
                digest.update(body)
                seen += len(body)
                if self.keep:
                    kept.append(body)
                with self._lock:
                    self.arrived += len(body)
            if seen >= size:
                break
            if self.stall_after is not None and seen >= self.stall_after and not self.go_on.is_set():
                with self._lock:
                    self.stalled += 1
                self.go_on.wait(60)
                with self._lock:
                    self.stalled -= 1
            body = secure.recv(262144)
            if not body:
                return
        taken = TakenFile(method, target, headers, b"".join(kept), seen, digest.hexdigest())
        with self._lock:
            self.taken.append(taken)
        answer = taken.answered = self.behave(taken)
        if answer == "cut":
            return
        if answer == "silent":
            self.go_on.wait(60)
            return
        secure.sendall(f"HTTP/1.1 {answer} Whatever\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    def in_kernel(self):
        """Bytes that came from the network and were not read."""
        total = 0
        with self._lock:
            sockets = list(self._sockets)
        for one in sockets:
            if one.fileno() < 0:
                continue
            count = bytearray(4)
            try:
                fcntl.ioctl(one.fileno(), termios.FIONREAD, count)
                total += struct.unpack("i", count)[0]
            except OSError:
                pass
        return total

    def close(self):
        self.go_on.set()
        self._listener.close()
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for one in sockets:
            try:
                one.close()
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
