"""HTTP over raw TLS: smuggling forms, limits, pipelining, chunks, expectations (RFC 9112)."""

import pytest

from support import raw

CRLF = "\r\n"


def lines(*words):
    return (CRLF.join(words) + CRLF + CRLF).encode("latin-1")


def head(token, *more, method="POST", target="/v1/login"):
    return lines(f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *([f"Authorization: Bearer {token}"] if token else []), *more)


BODY = b'{"username":"a","password":"b"}'

# Each is one way in which two parsers may see two different requests. All must be refused, and the connection must end, so that
# the bytes behind them are never taken for a request.
SMUGGLING = {
    "length and chunks": head("", "Content-Length: 6", "Transfer-Encoding: chunked") + b"0\r\n\r\nX",
    "chunks and length": head("", "Transfer-Encoding: chunked", "Content-Length: 6") + b"0\r\n\r\nX",
    "two lengths": head("", "Content-Length: 5", "Content-Length: 6") + b"hello!",
    "two equal lengths": head("", "Content-Length: 5", "Content-Length: 5") + b"hello",
    "length list": head("", "Content-Length: 5, 5") + b"hello",
    "length with plus": head("", "Content-Length: +5") + b"hello",
    "length negative": head("", "Content-Length: -1"),
    "length hex": head("", "Content-Length: 0x5") + b"hello",
    "length with blank": head("", "Content-Length: 5 5") + b"hello",
    "length empty": head("", "Content-Length: "),
    "length overflow": head("", "Content-Length: 99999999999999999999999"),
    "blank before colon": head("", "Content-Length : 5") + b"hello",
    "tab before colon": head("", "Transfer-Encoding\t: chunked") + b"0\r\n\r\n",
    "folded header": head("", "X-Fold: a", " b") ,
    "folded encoding": head("", "Transfer-Encoding:", " chunked") + b"0\r\n\r\n",
    "encoding unknown": head("", "Transfer-Encoding: chunky") + b"0\r\n\r\n",
    "encoding identity": head("", "Transfer-Encoding: identity", "Content-Length: 5") + b"hello",
    "encoding twice": head("", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "encoding list": head("", "Transfer-Encoding: chunked, identity") + b"0\r\n\r\n",
    "encoding gzip": head("", "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
    "encoding with vertical tab": head("", "Transfer-Encoding: \x0bchunked") + b"0\r\n\r\n",
    "encoding quoted": head("", 'Transfer-Encoding: "chunked"') + b"0\r\n\r\n",
    "encoding on http/1.0": lines("POST /v1/login HTTP/1.0", "Host: x", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "chunk size with 0x": head("", "Transfer-Encoding: chunked") + b"0x5\r\nhello\r\n0\r\n\r\n",
    "chunk size negative": head("", "Transfer-Encoding: chunked") + b"-1\r\n\r\n",
    "chunk size overflow": head("", "Transfer-Encoding: chunked") + b"FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
    "chunk size blank": head("", "Transfer-Encoding: chunked") + b"\r\nhello\r\n0\r\n\r\n",
    "chunk longer than said": head("", "Transfer-Encoding: chunked") + b"3\r\nhello\r\n0\r\n\r\n",
    "chunk without its line end": head("", "Transfer-Encoding: chunked") + b"5\r\nhello0\r\n\r\n",
    "bare line feeds": b"POST /v1/login HTTP/1.1\nHost: x\nContent-Length: 0\n\n",
    "bare carriage return": b"POST /v1/login HTTP/1.1\r\nHost: x\r\nX: a\rContent-Length: 3\r\n\r\n",
    "nul in a header": b"POST /v1/login HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "control in a name": b"POST /v1/login HTTP/1.1\r\nHost: x\r\nX\x01: a\r\nContent-Length: 0\r\n\r\n",
    "no name": head("", ": value"), "no colon": head("", "Nonsense"),
    "blank first header": b"POST /v1/login HTTP/1.1\r\n Host: x\r\n\r\n",
    "no host": lines("GET /v1/me HTTP/1.1"), "two hosts": lines("GET /v1/me HTTP/1.1", "Host: a", "Host: b"),
    "no version": b"GET /v1/me\r\nHost: x\r\n\r\n", "version 0.9": b"GET /v1/me HTTP/0.9\r\nHost: x\r\n\r\n", "version 2": b"GET /v1/me HTTP/2.0\r\nHost: x\r\n\r\n",
    "version odd": b"GET /v1/me HTTP/1.10\r\nHost: x\r\n\r\n", "lower-case version": b"GET /v1/me http/1.1\r\nHost: x\r\n\r\n",
    "blanks in the target": b"GET /v1/ me HTTP/1.1\r\nHost: x\r\n\r\n", "tab in the request line": b"GET\t/v1/me\tHTTP/1.1\r\nHost: x\r\n\r\n",
    "two blanks": b"GET  /v1/me HTTP/1.1\r\nHost: x\r\n\r\n", "target without slash": b"GET v1/me HTTP/1.1\r\nHost: x\r\n\r\n",
    "absolute target": b"GET http://elsewhere.example/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "asterisk": b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
    "connect": b"CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example:443\r\n\r\n", "trace": b"TRACE /v1/me HTTP/1.1\r\nHost: x\r\n\r\n",
    "method odd": b"GE(T /v1/me HTTP/1.1\r\nHost: x\r\n\r\n", "method missing": b" /v1/me HTTP/1.1\r\nHost: x\r\n\r\n", "high bytes in the target": b"GET /v1/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "fragment": b"GET /v1/me#x HTTP/1.1\r\nHost: x\r\n\r\n", "http/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "garbage": bytes(range(128, 256)) * 4 + b"\r\n\r\n",
    "tls in tls": bytes.fromhex("16030100a5010000a10303") + bytes(100),
}


@pytest.mark.parametrize("what", sorted(SMUGGLING))
def test_smuggling_forms_are_refused_and_nothing_behind_them_is_served(gateway, token, serves, what):
    with raw.Raw(gateway) as stream:
        stream.send(SMUGGLING[what]).send(raw.request("GET", "/v1/me", token))
        reply = stream.final()
        if reply is None:
            return
        assert reply.status in (400, 401, 404, 405, 411, 413, 414, 421, 431, 501, 505), reply
        following = stream.final()
        if reply.status in (401, 404, 405, 421):
            # Well-formed enough to be understood; then what follows is an honest request of its own.
            return
        assert following is None, f"answered {reply}, then served what was behind: {following}"


def test_errors_of_the_rim_are_json_too(gateway):
    for data in (b"GARBAGE\r\n\r\n", head("", "Content-Length: 5", "Transfer-Encoding: chunked")):
        reply = raw.once(gateway, data)
        assert reply.status == 400 and isinstance(reply.json, dict) and reply.json.get("message")
        assert reply.header("Connection").lower() == "close"


@pytest.mark.parametrize("name, first, second", [
    ("Authorization", "Bearer {token}", "Bearer other"), ("Idempotency-Key", "one", "two"), ("Content-Type", "application/json", "text/plain")])
def test_what_decides_is_said_once(gateway, token, name, first, second):
    caller = "" if name == "Authorization" else token
    doubled = head(caller, f"{name}: {first.format(token=token)}", f"{name}: {second}", method="GET", target="/api/v1/me")
    reply = raw.once(gateway, doubled)
    assert reply.status == 400 and reply.json["code"] == "repeated_header", "a proxy may look at the other one"


def test_an_encoded_body_is_not_taken_as_if_it_were_plain(gateway, token, case):
    body = b'{"summary":"packed"}'
    more = (f"Content-Length: {len(body)}", "Content-Type: application/json", "Accept: application/problem+json")
    reply = raw.once(gateway, head(token, "Content-Encoding: gzip", *more, target=f"{case.path}/notes") + body)
    assert reply.status == 415 and reply.header("Content-Type") == "application/problem+json" and reply.header("Accept-Encoding") == "identity"
    assert raw.once(gateway, head(token, "Content-Encoding: identity", *more, target=f"{case.path}/notes") + body).status == 200


# --- what is fine ---


def test_pipelined_requests_are_answered_in_order(gateway, token):
    with raw.Raw(gateway) as stream:
        targets = ["/v1/me", "/v1/nothing-here", "/v1/me", "/v1/partners/right", "/v1/collaboration-requests/none"] * 4
        stream.send(b"".join(raw.request("GET", target, token) for target in targets))
        assert [stream.final().status for _ in targets] == [200, 404, 200, 200, 404] * 4


def test_a_request_in_single_bytes(gateway, token):
    with raw.Raw(gateway) as stream:
        for byte in raw.request("GET", "/v1/me", token):
            stream.send(bytes([byte]))
        assert stream.final().status == 200


def test_chunked_bodies(gateway, token, case):
    body = b'{"summary":"in chunks"}'
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:1], body[1:9], body[9:])) + b"0\r\n\r\n"
    for variant in (chunks, chunks.replace(b"1\r\n", b"1;name=value\r\n", 1), chunks[:-2] + b"Trailer: x\r\n\r\n", b"00000" + chunks):
        with raw.Raw(gateway) as stream:
            stream.send(head(token, "Transfer-Encoding: chunked", "Content-Type: application/json", target=f"{case.path}/notes") + variant)
            assert stream.final().status in (200, 400)
            if variant is chunks:
                stream.send(raw.request("GET", "/v1/me", token))
                assert stream.final().status == 200


def test_expect_100_continue(gateway, token, case):
    body = b'{"summary":"expected"}'
    with raw.Raw(gateway) as stream:
        stream.send(head(token, "Expect: 100-continue", f"Content-Length: {len(body)}", "Content-Type: application/json", target=f"{case.path}/notes"))
        assert stream.read().status == 100
        assert stream.send(body).final().status == 200


def test_an_expectation_for_a_body_that_is_too_large(gateway, token):
    with raw.Raw(gateway) as stream:
        stream.send(head(token, "Expect: 100-continue", "Content-Length: 9999999"))
        assert stream.read().status == 413


def test_http_1_0_is_served_and_closed(gateway, token):
    with raw.Raw(gateway) as stream:
        stream.send(lines("GET /v1/me HTTP/1.0", "Host: x", f"Authorization: Bearer {token}"))
        reply = stream.final()
        assert reply is None or reply.status in (200, 400, 505)
        if reply is not None and reply.status == 200:
            assert stream.closed()


def test_connection_close_is_kept(gateway, token):
    with raw.Raw(gateway) as stream:
        stream.send(raw.request("GET", "/v1/me", token, headers=[("Connection", "close")]))
        reply = stream.final()
        assert reply.status == 200 and reply.header("Connection").lower() == "close" and stream.closed()


def test_a_hundred_requests_on_one_connection(gateway, token):
    with raw.Raw(gateway) as stream:
        for _ in range(100):
            assert stream.send(raw.request("GET", "/v1/me", token)).final().status == 200


def test_empty_lines_before_a_request_are_skipped(gateway, token):
    with raw.Raw(gateway) as stream:
        reply = stream.send(b"\r\n\r\n" + raw.request("GET", "/v1/me", token)).final()
        assert reply is None or reply.status in (200, 400)


# --- limits ---


def test_headers_too_large(gateway, token, serves):
    for more in ([("X", "a" * 5000)], [(f"X-{n}", "a" * 40) for n in range(120)], [("A" * 4500, "b")]):
        reply = raw.once(gateway, raw.request("GET", "/v1/me", token, headers=more))
        assert reply.status == 431 and reply.json["message"]


def test_a_target_too_long(gateway, token):
    assert raw.once(gateway, raw.request("GET", "/v1/partners/" + "a" * 6000, token)).status in (414, 431)


def test_a_header_that_never_ends(gateway, serves):
    with raw.Raw(gateway) as stream:
        stream.send(b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX: ")
        try:
            for _ in range(64):
                stream.send(b"a" * 1024)
        except OSError:
            return
        reply = stream.final()
        assert reply is None or reply.status == 431


@pytest.mark.parametrize("accept, media", [("application/json", "application/json"), ("application/problem+json", "application/problem+json")])
def test_a_body_too_large_keeps_413_in_both_modes(gateway, token, serves, accept, media):
    data = lines("POST /v1/login HTTP/1.1", "Host: x", f"Accept: {accept}", "Content-Type: application/json", "Content-Length: 65537")
    reply = raw.once(gateway, data)
    assert reply.status == 413 and reply.header("Content-Type").startswith(media) and reply.json.get("message")


def test_chunks_too_large_together(gateway, serves):
    with raw.Raw(gateway) as stream:
        stream.send(head("", "Transfer-Encoding: chunked", "Content-Type: application/json"))
        try:
            for _ in range(80):
                stream.send(b"400\r\n" + b" " * 1024 + b"\r\n")
        except OSError:
            return
        reply = stream.final()
        assert reply is None or reply.status == 413


def test_a_body_exactly_at_the_limit_is_read(gateway, token, case):
    body = b'{"summary":"at the limit"' + b" " * (65536 - 26) + b"}"
    assert len(body) == 65536
    assert raw.once(gateway, raw.request("POST", f"{case.path}/notes", token, body=body)).status == 200


def test_tiny_chunks_are_no_way_to_hold_memory(gateway, serves):
    with raw.Raw(gateway) as stream:
        stream.send(head("", "Transfer-Encoding: chunked", "Content-Type: application/json"))
        try:
            stream.send(b"1;" + b"e" * 100_000 + b"\r\n \r\n")
            reply = stream.final()
        except OSError:
            return
        assert reply is None or reply.status in (400, 413, 431)


# --- slowness: the gateway's patience here is two seconds ---


def test_a_request_that_does_not_come_to_its_end(gateway, serves):
    with raw.Raw(gateway) as stream:
        reply = stream.send(b"GET /v1/me HTTP/1.1\r\nHost: x\r\n").final()
        assert reply is None or reply.status == 408


def test_a_body_that_does_not_come(gateway, token, serves):
    with raw.Raw(gateway) as stream:
        reply = stream.send(head(token, "Content-Length: 100", "Content-Type: application/json") + b'{"user').final()
        assert reply is None or reply.status == 408


def test_an_idle_connection_is_closed(gateway, token):
    with raw.Raw(gateway) as stream:
        stream.send(raw.request("GET", "/v1/me", token)).final()
        assert stream.closed()


def test_drops_of_a_header_do_not_prolong_the_patience(gateway, serves):
    """A byte now and then resets nothing: the whole request has one deadline."""
    import time
    with raw.Raw(gateway, timeout=0.2) as stream:
        stream.send(b"GET /v1/me HTTP/1.1\r\nHost: x\r\n")
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                stream.send(b"X: y\r\n")
                if not stream.stream.recv(1):
                    return
                return  # an answer: 408
            except TimeoutError:
                continue
            except OSError:
                return
        pytest.fail("the connection was held open by drops for 20 s")


def test_a_reader_that_does_not_read(gateway, token, serves):
    """Answers that nobody takes are dropped with their connection; others are served meanwhile."""
    with raw.Raw(gateway) as stream:
        try:
            for _ in range(200):
                stream.send(raw.request("GET", "/v1/me", token) * 20)
        except OSError:
            pass
        serves()


def test_half_closed_connections_end(gateway, token):
    import socket
    with raw.Raw(gateway) as stream:
        stream.send(raw.request("GET", "/v1/me", token))
        assert stream.final().status == 200
        stream.stream.shutdown(socket.SHUT_WR)
        assert stream.closed()
