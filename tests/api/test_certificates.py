"""Client certificates: partner identity by one URI name, tokens bound to a certificate, revocation (semantics 9)."""

import datetime

import pytest
import requests
import ssl
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

URI = "urn:entente:partner:"


@pytest.fixture
def partner(world, tmp_path):
    """A client of halden with a certificate issued by the gateway's development authority."""
    company = world.halden
    uri = f"spiffe://partners.{company.domain}/{company.word('certificate uri', ('operator',))}"
    row = world.operator.post("/api/v1/clients", {"company": company.id, "name": company.word("certified client", ("operator",)), "role": "api_client", "certificateUri": uri}, expect=201).body
    issued = world.operator.post("/api/v1/certificates", {"client": row["id"], "days": 30}, expect=201).body
    certificate, key = tmp_path / "client.pem", tmp_path / "client.key"
    certificate.write_text(issued["certificate"])
    key.write_text(issued["privateKey"])
    return {"row": row, "issued": issued, "uri": uri, "files": (str(certificate), str(key)), "company": company}


def caller_with(world, partner):
    return world.caller("halden", certificate=partner["files"])


def test_an_issued_certificate_names_exactly_its_client(partner):
    certificate = x509.load_pem_x509_certificate(partner["issued"]["certificate"].encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)] == [partner["uri"]]
    assert certificate.fingerprint(hashes.SHA256()).hex() == partner["issued"]["fingerprint"].replace(":", "").lower()


def test_a_token_fetched_with_a_certificate_is_bound_to_it(world, partner):
    bound = caller_with(world, partner)
    bound.client_token(str(partner["company"].id), partner["row"]["clientId"], partner["row"]["clientSecret"])
    bound.get("/v1/me", expect=200)
    stolen = world.caller("halden", token=bound.token)
    stolen.get("/v1/me", expect=401)


def test_a_client_with_a_certificate_needs_it(world, partner):
    """Whose identity is a certificate cannot be taken over with the secret alone."""
    answer = world.caller("halden").client_token(str(partner["company"].id), partner["row"]["clientId"], partner["row"]["clientSecret"], expect=(200, 400, 401))
    if answer.status == 200:
        pytest.fail("a token was issued without the client's certificate")


def test_another_client_s_certificate_does_not_help(world, partner):
    other = world.operator.post("/api/v1/clients", {"company": world.corvid.id, "name": world.corvid.word("other", ("operator",)), "role": "api_client",
                                                    "certificateUri": f"spiffe://partners.{world.corvid.domain}/x"}, expect=201).body
    caller_with(world, partner).client_token(str(world.corvid.id), other["clientId"], other["clientSecret"], expect=(400, 401))


def test_revocation_ends_tokens_and_connections(world, partner):
    bound = caller_with(world, partner)
    bound.client_token(str(partner["company"].id), partner["row"]["clientId"], partner["row"]["clientSecret"])
    bound.get("/v1/me", expect=200)
    world.operator.post(f"/api/v1/certificates/{partner['issued']['fingerprint']}/revoke", {"reason": "lost"}, expect=200)

    def refused():
        try:
            return bound.get("/v1/me").status == 401
        except requests.RequestException:
            return True

    from support.gateway import until
    until(refused, 5, "the effect of a revocation")
    bound.session.close()
    fresh = caller_with(world, partner)
    try:
        answer = fresh.client_token(str(partner["company"].id), partner["row"]["clientId"], partner["row"]["clientSecret"], expect=(200, 400, 401))
        assert answer.status != 200 or fresh.get("/v1/me").status == 401, "a token fetched with a revoked certificate works"
    except requests.RequestException:
        pass  # refused in the handshake is as good


def test_certificates_are_listed(world, partner):
    rows = world.operator.get("/api/v1/certificates", expect=200).items
    assert partner["issued"]["fingerprint"] in [row["fingerprint"] for row in rows]
    assert not any(row.get("privateKey") for row in rows)


def test_a_request_keeps_its_private_key_at_home(world, partner):
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "whoever")])).sign(key, hashes.SHA256())
    answer = world.operator.post("/api/v1/certificates", {"client": partner["row"]["id"], "days": 10, "csr": request.public_bytes(serialization.Encoding.PEM).decode()}, expect=201)
    assert not answer.body.get("privateKey")
    certificate = x509.load_pem_x509_certificate(answer["certificate"].encode())
    assert certificate.public_key().public_numbers() == key.public_key().public_numbers()
    assert "whoever" not in certificate.subject.rfc4514_string(), "nothing but the key is taken from a request"


@pytest.mark.parametrize("csr", ["", "no pem", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"])
def test_requests_that_are_none(world, partner, csr):
    world.operator.post("/api/v1/certificates", {"client": partner["row"]["id"], "csr": csr}, expect=(400, 422))


@pytest.mark.parametrize("uri", ["", "no uri", "http://x.example/a", "spiffe://", "urn:a b", "x" * 3000])
def test_uris_that_are_none(world, halden, uri):
    world.operator.post("/api/v1/clients", {"company": halden.id, "name": "x", "role": "api_client", "certificateUri": uri}, expect=(201, 400))


@pytest.mark.parametrize("role", ["administrator", "engineer", "compliance"])
def test_only_the_operator_issues(halden, partner, role):
    getattr(halden, role).post("/api/v1/certificates", {"client": partner["row"]["id"]}, expect=403)


def asks_who_it_is(gateway, *files):
    with gateway.connect(gateway.tls_context(*files)) as stream:
        stream.sendall(b"GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n")
        return stream.recv(12)  # TLS 1.3 reports a refused certificate with the first read


def test_a_certificate_of_a_stranger_s_authority_is_refused_in_the_handshake(gateway, partner, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    now = datetime.datetime.utcnow()
    certificate = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number()) \
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    (tmp_path / "c.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "k.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    with pytest.raises(ssl.SSLError, match="(?i)alert"):
        asks_who_it_is(gateway, tmp_path / "c.pem", tmp_path / "k.pem")
    assert asks_who_it_is(gateway, *partner["files"]) == b"HTTP/1.1 200", "one of the known authority says who it is"
