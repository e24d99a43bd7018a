"""A receiver of webhooks over real TLS, which behaves as a test tells it: takes, fails, hangs, redirects, lies, cuts off.

Every body it takes is checked against protocol/openapi/events.asyncapi.yaml and searched for canaries that its company may not see;
what is wrong is kept in `complaints`.
"""

import base64
import dataclasses
import hashlib
import hmac
import http.server
import json
import pathlib
import re
import socketserver
import ssl
import threading

import jsonschema
import yaml

DOCUMENT = pathlib.Path(__file__).resolve().parent.parent.parent / "protocol" / "openapi" / "events.asyncapi.yaml"


class EventContract:
    """The AsyncAPI document as a judge of what is sent."""

    def __init__(self):
        self.document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
        self._resolver = jsonschema.RefResolver("", self.document)
        self._validators = {}

    def errors(self, schema, value):
        if schema not in self._validators:
            self._validators[schema] = jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{schema}"}, resolver=self._resolver)
        return [f"{schema}: {'/'.join(map(str, e.absolute_path)) or '(root)'}: {e.message[:200]}" for e in self._validators[schema].iter_errors(value)]

    @staticmethod
    def schema_of(body):
        if "eventType" in body:
            return "WebhookTestPayload" if body["eventType"] == "webhook.test" else "WebhookPayload"
        if body.get("source") == "/connect":
            return "WebhookTestCloudEvent" if body["type"].endswith("webhook.test") else "WebhookCloudEvent"
        return "TestEvent" if body.get("type") == "webhook.test" else "Event"


@dataclasses.dataclass
class Taken:
    path: str
    headers: dict  # lower-case names
    raw: bytes
    body: dict
    status: int  # what was answered

    @property
    def id(self):
        return self.headers["webhook-id"]

    @property
    def name(self):
        return self.body.get("eventType") or self.body.get("type")

    @property
    def token(self):
        data = self.body.get("data") or {}
        return self.body.get("requestToken") or data.get("requestToken") or (data.get("case") or {}).get("token")


def hub_signature(secret, raw):
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def standard_signature(secret, headers, raw):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Receiver:
    """`behave(taken) -> status | (status, headers, body) | "cut"` decides about each call; default: 204. `hang` (an Event) holds every
    answer until it is set."""

    contract = None

    def __init__(self, certificate, key, *, ledger=None, company="nobody", behave=None, plain=False, port=0, address="127.0.0.1"):
        Receiver.contract = Receiver.contract or EventContract()
        self.taken, self.complaints = [], []
        self.behave = behave or (lambda taken: 204)
        self.hang = None
        self.ledger, self.company = ledger, company
        self._lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def do_POST(self):
                raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                receiver._take(self, raw)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass  # a peer that goes away in the middle is part of the game

            def process_request_thread(self, request, client_address):
                if not plain:
                    try:
                        request.settimeout(30)
                        request = receiver._context.wrap_socket(request, server_side=True)
                    except (OSError, ssl.SSLError):
                        self.shutdown_request(request)
                        return
                super().process_request_thread(request, client_address)

        if not plain:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate, key)
        self.server = Server((address, port), Handler)
        self.port = self.server.server_address[1]
        self.base = f"{'http' if plain else 'https'}://{address}:{self.port}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def _take(self, handler, raw):
        headers = {name.lower(): value for name, value in handler.headers.items()}
        body = json.loads(raw)
        taken = Taken(handler.path, headers, raw, body, 0)
        wrong = self.contract.errors(self.contract.schema_of(body), body)
        wrong += self.contract.errors("DeliveryHeaders", {name: handler.headers[name] for name in (
            "X-Hub-Signature-256", "webhook-id", "webhook-timestamp", "webhook-signature") if name in handler.headers})
        if raw != json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode():
            wrong.append("the body is not compact")
        if self.ledger is not None:
            wrong += self.ledger.leaks(raw.decode() + handler.path + "\n".join(f"{k}: {v}" for k, v in headers.items()), self.company)
        with self._lock:  # in the order of arrival: an answer may take its time
            self.complaints += [f"{sentence}: {raw[:300]!r}" for sentence in wrong]
            self.taken.append(taken)
        answer = self.behave(taken)
        taken.status = answer if isinstance(answer, int) else 0 if answer == "cut" else answer[0]
        if self.hang is not None:
            self.hang.wait(60)
        if answer == "cut":
            handler.close_connection = True
            handler.connection.close()
            return
        status, more, text = (answer, {}, b"") if isinstance(answer, int) else answer
        handler.send_response(status)
        for name, value in more.items():
            handler.send_header(name, value)
        if status != 204:
            handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        if status != 204:
            handler.wfile.write(text)

    def got(self, path=None, status=None):
        with self._lock:
            return [one for one in self.taken if (path is None or one.path == path) and (status is None or one.status // 100 == status)]

    def close(self):
        if self.hang is not None:
            self.hang.set()
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
