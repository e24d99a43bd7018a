"""Keys of customers and signatories, and what they sign: compact JWS as their own tools would make them."""

import base64
import json
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Signer:
    """A customer's signing key, as a customer would hold it."""

    def __init__(self, algorithm="EdDSA", kid="key-1", issuer="https://signer.example"):
        self.algorithm, self.kid, self.issuer = algorithm, kid, issuer
        self.key = ed25519.Ed25519PrivateKey.generate() if algorithm == "EdDSA" else ec.generate_private_key(ec.SECP256R1())

    def jwk(self):
        if self.algorithm == "EdDSA":
            return {"kty": "OKP", "crv": "Ed25519", "kid": self.kid, "x": b64(self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))}
        numbers = self.key.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "kid": self.kid, "x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big"))}

    def sign(self, claims, **header):
        header = {"alg": self.algorithm, "typ": "gw-authz+jwt", "kid": self.kid, **header}
        text = b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())
        if self.algorithm == "EdDSA":
            return text + "." + b64(self.key.sign(text.encode()))
        r, s = utils.decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return text + "." + b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def claims(self, world, customer, partners, **more):
        now = int(time.time())
        return {"iss": self.issuer, "sub": str(customer.id), "aud": world.gateway.url, "jti": f"jti-{time.time_ns()}", "iat": now, "nbf": now,
                "exp": now + 86400, "partners": [p.domain for p in partners], "products": [], "scope": "case_facts technical product diagnostics customer_identity",
                "purpose": "support", **more}
