"""A witness that others wrote (sigsum-witness) cosigns the log of a gateway, and refuses what would be a fork of it.

It is Debian's package sigsum-go, on Debian 12 from bookworm-backports; `deploy/packages test` brings it. It watches logs whose origin is
sigsum.org/v1/tree/<SHA-256 of the log's key>, and speaks plain HTTP: something that ends TLS stands before it, as it would at a partner's.
"""

import base64
import contextlib
import hashlib
import os
import shutil
import socket
import ssl
import subprocess
import threading

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.gateway import Gateway, free_port, program, until
from support.world import World

VERIFY = program().parent / "entente-verify"
WITNESS = shutil.which("sigsum-witness", path="/usr/bin:/bin")
pytestmark = pytest.mark.skipif(WITNESS is None, reason="sigsum-witness is not installed (Debian: sigsum-go, on Debian 12 from bookworm-backports)")


class TlsFront:
    """Ends TLS and hands every byte on to a port that speaks plain HTTP."""

    def __init__(self, gateway, port):
        authority = gateway.keys / "authority"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority / "server.pem", authority / "server.key")
        self.port, self.context = port, context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}/"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(plain,), daemon=True).start()

    def serve(self, plain):
        with contextlib.suppress(OSError), self.context.wrap_socket(plain, server_side=True) as caller, socket.create_connection(("127.0.0.1", self.port)) as witness:
            back = threading.Thread(target=self.carry, args=(witness, caller), daemon=True)
            back.start()
            self.carry(caller, witness)
            back.join()

    @staticmethod
    def carry(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def close(self):
        self.listener.close()


class SigsumWitness:
    def __init__(self, folder, log_key):
        folder.mkdir(mode=0o700)
        self.folder, self.port = folder, free_port()
        subprocess.run(["sigsum-key", "generate", "-o", folder / "key"], check=True)
        (folder / "log.pub").write_text(subprocess.run(["sigsum-key", "from-hex"], input=log_key.hex(), check=True, capture_output=True, text=True).stdout, encoding="ascii")
        # It calls itself so.
        key = base64.b64decode((folder / "key.pub").read_text(encoding="ascii").split()[1])[-32:]
        self.name = f"sigsum.org/v1/witness/{hashlib.sha256(key).hexdigest()}"
        self.vkey = subprocess.run(["sigsum-key", "to-vkey", "-k", folder / "key.pub", "-n", self.name, "-t", "cosignature/v1"], check=True, capture_output=True, text=True).stdout.strip()
        # Its multiplexer is the one of Go 1.21.
        self.process = subprocess.Popen([WITNESS, "-k", folder / "key", "--log-key", folder / "log.pub", "--state-file", folder / "state", f"127.0.0.1:{self.port}"],
                                        env={**os.environ, "GODEBUG": "httpmuxgo121=0"}, stdout=open(folder / "log", "ab"), stderr=subprocess.STDOUT)

        def listens():
            assert self.process.poll() is None, (folder / "log").read_text(encoding="utf-8")
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            return False

        until(listens, what="the witness")

    def ask(self, body):
        return requests.post(f"http://127.0.0.1:{self.port}/add-checkpoint", data=body.encode("utf-8"), timeout=30)

    def close(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def gateway(tmp_path):
    """A gateway whose log has the name that such a witness asks for: the key is there before the log begins."""
    with Gateway(tmp_path / "gateway") as gateway:
        gateway.init()
        gateway.log_key = Ed25519PrivateKey.from_private_bytes((gateway.keys / "log.key").read_bytes())
        key = gateway.log_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        gateway.settings["public.origin"] = f"sigsum.org/v1/tree/{hashlib.sha256(key).hexdigest()}"
        gateway.log_public_key = key
        gateway.write_config()
        shutil.rmtree(gateway.data)
        (gateway.keys / "anchor").unlink(missing_ok=True)
        gateway.init()
        yield gateway


def signed(gateway, size, root):
    """A checkpoint as only the holder of the log's key can write it."""
    origin = gateway.settings["public.origin"]
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    key_id = hashlib.sha256(origin.encode() + b"\n\x01" + gateway.log_public_key).digest()[:4]
    return f"{text}\n\u2014 {origin} {base64.b64encode(key_id + gateway.log_key.sign(text.encode())).decode()}\n"


def test_a_witness_of_others_cosigns_and_refuses_a_fork(gateway, tmp_path):
    witness = SigsumWitness(tmp_path / "witness", gateway.log_public_key)
    front = TlsFront(gateway, witness.port)
    try:
        policy = tmp_path / "policy"
        gateway.start()
        world = World(gateway, "sigsum")
        vkey = world.operator.get("/api/v1/audit/checkpoint", expect=200)["verifierKey"]
        assert base64.b64decode(vkey.split("+", 2)[2])[1:] == gateway.log_public_key
        policy.write_text(f"log {vkey}\nwitness sigsum {witness.vkey} {front.url}\nquorum sigsum\n", encoding="ascii")
        gateway.stop()
        gateway.settings |= {"audit.policy": str(policy), "audit.witness_seconds": 1, "audit.witness_authorities": str(gateway.ca)}
        gateway.write_config()
        gateway.start()
        until(lambda: (gateway.metric("entente_audit_cosignatures_total") or 0) >= 2, what="two cosignatures, the second with a consistency proof")
        note = until(lambda: (text := world.operator.get("/api/v1/audit/checkpoint", expect=200)["checkpoint"]) and witness.name in text and text)
        # What it said holds for the verifier, and the quorum needs it.
        receipt = until(lambda: (text := world.operator.get("/api/v1/audit/receipts/0", expect=200).text) and witness.name in text and text)
        (tmp_path / "receipt").write_text(receipt, encoding="utf-8")
        done = subprocess.run([VERIFY, "receipt", tmp_path / "receipt", "--policy", policy], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        (tmp_path / "alone").write_text("\n".join(line for line in receipt.split("\n") if witness.name not in line), encoding="utf-8")
        assert subprocess.run([VERIFY, "receipt", tmp_path / "alone", "--policy", policy], capture_output=True, check=False).returncode == 1
        # It keeps what it saw: an old beginning gets its size back, nonsense is refused, and so is another log under the same key.
        own = "".join(line + "\n" for line in note.split("\n") if line and witness.name not in line).replace("\n\u2014", "\n\n\u2014", 1)
        answer = witness.ask(f"old 0\n\n{own}")
        assert answer.status_code == 409 and int(answer.text) > 0, answer.text
        assert witness.ask("nonsense").status_code == 400
        size = int(answer.text)
        fork = witness.ask(f"old {size}\n{base64.b64encode(bytes(32)).decode()}\n\n{signed(gateway, size + 1, bytes(32))}")
        assert fork.status_code == 422, (fork.status_code, fork.text)
    finally:
        front.close()
        witness.close()
