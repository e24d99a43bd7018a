"""Bytes to the gateway and back, without a client library that would tidy them up."""

import json
import ssl


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def json(self):
        return json.loads(self.body.decode("utf-8"))

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Raw:
    """One TLS connection. `read` gives the next response, or None when the gateway closed instead."""

    def __init__(self, gateway, timeout=30, context=None, port=None):
        self.stream = gateway.connect(context, timeout, port)
        self._rest = b""

    def send(self, data):
        self.stream.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
        return self

    def _more(self):
        try:
            data = self.stream.recv(65536)
        except (ConnectionError, ssl.SSLError):
            data = b""
        self._rest += data
        return bool(data)

    def read(self, head=False):
        while b"\r\n\r\n" not in self._rest:
            if not self._more():
                return None
        block, _, self._rest = self._rest.partition(b"\r\n\r\n")
        lines = block.decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        length = int(next((value for key, value in headers if key.lower() == "content-length"), "0"))
        if head or status in (100, 204, 304):
            return Reply(status, headers, b"")
        while len(self._rest) < length:
            if not self._more():
                return None
        body, self._rest = self._rest[:length], self._rest[length:]
        return Reply(status, headers, body)

    def final(self):
        """The next response that is not an interim one."""
        reply = self.read()
        while reply is not None and reply.status < 200:
            reply = self.read()
        return reply

    def closed(self):
        """Waits until the gateway closes; whether it said anything more before."""
        while self._more():
            pass
        return not self._rest

    def close(self):
        self.stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def once(gateway, data, **options):
    """One request on a connection of its own."""
    with Raw(gateway, **options) as raw:
        return raw.send(data).final()


def request(method, target, token=None, body=b"", headers=()):
    """A plain request as bytes; `headers` are (name, value) and come last."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/problem+json, application/json"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
