"""Archives among the files: opened in a process of their own, judged member by member, packed again (semantics 5)."""

import contextlib
import gzip
import hashlib
import lzma
import os
import socket
import socketserver
import struct
import tarfile
import threading

import pytest

from support import archives
from support.file_receiver import FileReceiver, certificate_for
from support.files import target
from support.gateway import Gateway, MovedNames
from test_attachments import BINARY, both, let_pass, places, send  # noqa: F401

SECRET, MASKED = b"password: Gr8-Harbour!Gate\n", b"password: [secret removed]\n"


def crossed(both, halden, name, content):  # noqa: F811
    """What the other side got."""
    case, left, right = both
    row = send(halden.engineer, case.token, (name, content)).body[0]
    assert row["completeSuccess"], row
    assert left.taken[-1].content == content, "the own side gets what was sent"
    return right.taken[-1].content


def refused(both, halden, name, content, word):  # noqa: F811
    case, left, right = both
    row = send(halden.engineer, case.token, (name, content)).body[0]
    assert row["receiverStatus"] == row["submitterStatus"] == "CONTENT_ERROR" and word in row["receiverMessage"], row
    assert not left.taken and not right.taken
    return row["receiverMessage"]


@pytest.mark.parametrize("compression", archives.COMPRESSIONS)
def test_a_tar_is_opened_judged_and_packed_again(both, halden, compression):  # noqa: F811
    pack, _ = archives.COMPRESSIONS[compression]
    content = pack(archives.tar(("logs", None), ("logs/a.txt", SECRET), ("logs/10.20.30.40.log", b"seen on 10.20.30.40\n"), ("empty", b"")))
    got = crossed(both, halden, f"bundle.tar.{compression}", content)
    assert archives.members(got) == {"logs": None, "logs/a.txt": MASKED, "logs/ADDR-1.log": b"seen on ADDR-1\n", "empty": b""}
    if compression:
        assert got[:2] == content[:2]


def test_a_zip_is_opened_judged_and_packed_again(both, halden):  # noqa: F811
    names = ["logs/a.txt", "отчёт.txt", "ログ/日誌.txt", "café ☕.txt", "سجل.txt", "a b#c.txt"]
    got = crossed(both, halden, "bundle.zip", archives.zipped(*[(name, SECRET) for name in names]))
    assert archives.members(got) == {name: MASKED for name in names}


@pytest.mark.parametrize("compression", [each for each in archives.COMPRESSIONS if each])
def test_a_single_compressed_file(both, halden, compression):  # noqa: F811
    pack, unpack = archives.COMPRESSIONS[compression]
    assert unpack(crossed(both, halden, f"a.log.{compression}", pack(SECRET * 5000))) == MASKED * 5000


def test_archives_in_archives_three_layers_deep(both, halden):  # noqa: F811
    inner = archives.zipped(("deep.txt", SECRET))
    two = archives.tar(("inner.zip", inner), ("x.gz", gzip.compress(SECRET)))
    got = archives.members(crossed(both, halden, "outer.zip", archives.zipped(("two.tar", two), ("top.txt", SECRET))))
    middle = archives.members(got["two.tar"])
    assert got["top.txt"] == MASKED and gzip.decompress(middle["x.gz"]) == MASKED and archives.members(middle["inner.zip"]) == {"deep.txt": MASKED}


def test_four_layers_are_too_many(both, halden):  # noqa: F811
    content = b"words"
    for _ in range(4):
        content = archives.zipped(("in.zip", content))
    refused(both, halden, "deep.zip", content, "layers deep")


def test_compressed_twice_is_too_deep(both, halden):  # noqa: F811
    refused(both, halden, "a.gz.gz", gzip.compress(gzip.compress(SECRET)), "more than once")


@pytest.mark.parametrize("name", ["../up.txt", "a/../../up.txt", "/etc/passwd", "C:\\windows\\x", "..\\up.txt", "a\x01b", "x/" * 600 + "y"])
def test_names_that_lead_out_are_refused(both, halden, name):  # noqa: F811
    refused(both, halden, "bad.tar", archives.tar(("fine.txt", b"x"), (name, b"x")), "name")


def test_names_that_are_no_utf_8_are_refused(both, halden):  # noqa: F811
    refused(both, halden, "bad.tar", archives.tar(("b\xe4d.txt", b"x"), form=tarfile.USTAR_FORMAT).replace(b"b\xc3\xa4d", b"b\xe4d\x00", 1), "")


def test_links_and_devices_are_left_out(both, halden):  # noqa: F811
    device = tarfile.TarInfo("dev")
    device.type = tarfile.CHRTYPE
    got = crossed(both, halden, "links.tar", archives.tar(("a.txt", SECRET), archives.link("s", "/etc/passwd"), archives.link("h", "a.txt", tarfile.LNKTYPE), ("dev", device)))
    assert archives.members(got) == {"a.txt": MASKED}


@pytest.mark.parametrize("bomb", ["gzip", "zip", "nested", "members"])
def test_bombs_are_defused(both, halden, bomb):  # noqa: F811
    size = (2 << 30) if os.environ.get("ENTENTE_LONG") == "1" else (160 << 20)
    # What is allowed is 64 MiB and two hundred times the file.
    if bomb == "gzip":
        refused(both, halden, "bomb.gz", archives.gzip_bomb(size), "grows too much")
    elif bomb == "zip":
        refused(both, halden, "bomb.zip", archives.zipped(("small.txt", b"words"), ("large.txt", b"\n" * size)), "grows too much")
    elif bomb == "nested":
        inner = archives.zipped(("a.txt", b"\n" * size))
        refused(both, halden, "bomb.zip", archives.zipped(("small.txt", b"words"), ("inner.zip", inner)), "grows too much")
    else:
        refused(both, halden, "many.tar.gz", gzip.compress(archives.tar(*[(str(i), b"") for i in range(10_001)])), "more than 10000")


def lying_zip():
    content = bytearray(archives.zipped(("a.txt", b"words " * 100), method=0))
    struct.pack_into("<I", content, 22, 5_000_000)  # the size in the local header
    struct.pack_into("<I", content, 18, 5_000_000)
    return bytes(content)


@pytest.mark.parametrize("name,content", [
    ("cut.tar.gz", gzip.compress(archives.tar(("a.txt", SECRET * 1000)))[:-40]), ("cut.zip", archives.zipped(("a.txt", bytes(range(97, 120)) * 9000))[:120]),
    ("cut.tar", archives.tar(("a.txt", b"x" * 5000))[:3000]), ("lying.zip", lying_zip()), ("noise.gz", b"\x1f\x8b\x08" + BINARY), ("noise.zip", b"PK\x03\x04" + BINARY),
    ("zeros.gz", gzip.compress(bytes(5000))), ("noise.xz", b"\xfd7zXZ\0" + BINARY), ("noise.zst", b"\x28\xb5\x2f\xfd" + BINARY)])
def test_what_is_damaged_or_lies_goes_nowhere(both, halden, name, content):  # noqa: F811
    refused(both, halden, name, content, "")


def gzip_with(content, *, crc=None, size=None, after=b""):
    packed = gzip.compress(content)
    right_crc, right_size = struct.unpack("<II", packed[-8:])
    return packed[:-8] + struct.pack("<II", right_crc if crc is None else crc, right_size if size is None else size) + after


@pytest.mark.parametrize("inside", ["text", "tar", "empty"])
@pytest.mark.parametrize("wrong", ["no trailer", "half a trailer", "crc", "size", "garbage behind", "half a gzip behind"])
def test_a_gzip_that_is_not_what_its_end_says_goes_nowhere(both, halden, inside, wrong):  # noqa: F811
    content = {"text": SECRET * 4000, "tar": archives.tar(("a.txt", SECRET * 400)), "empty": b""}[inside]
    packed = {"no trailer": gzip_with(content)[:-8], "half a trailer": gzip_with(content)[:-3], "crc": gzip_with(content, crc=0x12345678),
              "size": gzip_with(content, size=len(content) + 1), "garbage behind": gzip_with(content, after=b"and more"),
              "half a gzip behind": gzip_with(content, after=gzip.compress(SECRET)[:12])}[wrong]
    refused(both, halden, "a.gz", packed, "damaged")
    refused(both, halden, "outer.zip", archives.zipped(("fine.txt", b"x"), ("inner.gz", packed)), "damaged")


def test_gzips_in_a_row_and_zero_bytes_behind_are_one(both, halden):  # noqa: F811
    content = gzip.compress(SECRET * 3000) + gzip.compress(b"") + gzip.compress(SECRET) + bytes(100_000)
    assert gzip.decompress(crossed(both, halden, "a.log.gz", content)) == MASKED * 3001


def test_a_sum_behind_the_last_member_is_looked_at(both, halden):  # noqa: F811
    content = bytearray(lzma.compress(archives.tar(("a.txt", SECRET * 400)), check=lzma.CHECK_CRC64))
    # Footer 12 bytes, index before it; the block's check stands right before the index.
    index = (struct.unpack("<I", content[-8:-4])[0] + 1) * 4
    content[-12 - index - 1] ^= 1
    refused(both, halden, "a.tar.xz", bytes(content), "damaged")


def test_what_nobody_can_look_into_names_itself(both, halden):  # noqa: F811
    message = refused(both, halden, "bundle.zip", archives.zipped(("fine.txt", b"x"), ("bin/core.4711", BINARY)), "bin/core.4711")
    assert hashlib.sha256(archives.zipped(("fine.txt", b"x"), ("bin/core.4711", BINARY))).hexdigest() in message
    refused(both, halden, "secret.zip", archives.encrypted_zip("a.txt", SECRET), "nobody can look into it")
    refused(both, halden, "letter.docx", archives.zipped(("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<p>words</p>")), "nobody can look into it")
    refused(both, halden, "letter.odt", archives.zipped(("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"<p>words</p>")), "nobody can look into it")
    refused(both, halden, "photo.png", b"\x89PNG\r\n\x1a\n" + BINARY, "image")


def test_what_a_colleague_lets_pass_is_still_masked_where_it_can_be(both, halden):  # noqa: F811
    case, left, right = both
    content = archives.zipped(("a.txt", SECRET), ("core", BINARY))
    let_pass(halden, case, content)
    assert archives.members(crossed(both, halden, "bundle.zip", content)) == {"a.txt": MASKED, "core": BINARY}
    locked = archives.encrypted_zip("a.txt", SECRET)
    let_pass(halden, case, locked)
    assert crossed(both, halden, "locked.zip", locked) == locked


def test_the_rules_may_let_pass_what_nobody_can_look_into(both, halden):  # noqa: F811
    def rules(*actions, expect=201):
        row = halden.compliance.post("/api/v1/sharing-rules", {"actions": [{"kind": "uninspected_file", "action": action} for action in actions], "reason": "Test"}, expect=expect)
        return row if expect != 201 else halden.administrator.post(f"/api/v1/sharing-rules/{row['id']}/approve", expect=200)

    rules("mask", expect=400)
    rules("allow")
    try:
        assert crossed(both, halden, "core.bin", BINARY) == BINARY
        assert archives.members(crossed(both, halden, "bundle.zip", archives.zipped(("a.txt", SECRET), ("core", BINARY)))) == {"a.txt": MASKED, "core": BINARY}
    finally:
        rules()


# --- a virus scanner ---

class Scanner:
    """clamd as far as INSTREAM goes: finds `EICAR`, fails on request. At the path of a socket, or without one at a port."""

    def __init__(self, path=None):
        self.fails, self.scanned = False, 0
        scanner = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                assert self.rfile.read(10) == b"zINSTREAM\0"
                content = b""
                while size := struct.unpack(">I", self.rfile.read(4))[0]:
                    content += self.rfile.read(size)
                scanner.scanned += 1
                if scanner.fails:
                    self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                elif b"EICAR" in content:
                    self.wfile.write(b"stream: Eicar-Test-Signature FOUND\0")
                else:
                    self.wfile.write(b"stream: OK\0")

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer if path else socketserver.TCPServer):
            daemon_threads = True

        self.server = Server(str(path) if path else ("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def black_hole(port):
    """An address beside 127.0.0.1 that takes no connection at this port and refuses none: its queue is full."""
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.create_server(("127.0.0.2", port), backlog=0))
        held.enter_context(socket.create_connection(listener.getsockname()))
        with socket.socket() as further:
            further.setblocking(False)
            further.connect_ex(listener.getsockname())
            yield


def test_a_host_is_reached_at_its_second_address_when_the_first_does_not_answer(tmp_path):
    """As with an IPv6 address in front that leads nowhere: a place for files, and the virus scanner."""
    from support.world import World
    scanner = Scanner()
    scanner_port = scanner.server.server_address[1]
    names = MovedNames(tmp_path)
    addresses = ("127.0.0.2", "127.0.0.1")
    names.answer_all({"scanner.example": addresses, "brightwell.files.example": addresses})
    gateway = Gateway(tmp_path / "gateway", {"attachments.clamd": f"scanner.example:{scanner_port}", "attachments.timeout_seconds": 4,
                                             "deliveries.allowed_networks": "127.0.0.0/8",
                                             "deliveries.authorities": str(tmp_path / "gateway" / "keys" / "authority" / "ca.pem")}, names.environment)
    with gateway, contextlib.closing(scanner), black_hole(scanner_port):
        world = World(gateway.start())
        halden, brightwell = world.company("halden"), world.company("brightwell")
        world.agreement(halden, brightwell)
        case = world.released_case(halden, brightwell)
        with FileReceiver(*certificate_for(gateway.keys / "authority", ["brightwell.files.example"], tmp_path)) as place, black_hole(place.port):
            brightwell.engineer.put(f"{case.path}/attachments/config/https", target("brightwell.files.example", place.port), expect=200)
            (row,) = send(halden.engineer, case.token, ("a.txt", b"fine")).body
        assert row["receiverStatus"] == "SUCCESS" and scanner.scanned == 1, row


def test_a_virus_scanner_is_asked_and_its_failure_blocks(private_gateway, tmp_path):
    from support.world import World
    path = tmp_path / "clamd.ctl"
    scanner = Scanner(path)
    world = World(private_gateway({"attachments.clamd": f"unix:{path}", "attachments.timeout_seconds": 5}))
    halden, brightwell = world.company("halden"), world.company("brightwell")
    world.agreement(halden, brightwell)
    case = world.released_case(halden, brightwell)
    row = send(halden.engineer, case.token, ("a.txt", b"fine")).body[0]
    assert row["receiverStatus"] == "CONFIG_MISSING" and scanner.scanned == 1
    row = send(halden.engineer, case.token, ("a.txt", b"EICAR")).body[0]
    assert row["receiverStatus"] == "CONTENT_ERROR" and "Eicar-Test-Signature" in row["receiverMessage"]
    scanner.fails = True
    assert send(halden.engineer, case.token, ("a.txt", b"fine")).body[0]["receiverStatus"] == "CONTENT_ERROR"
    scanner.close()
    path.unlink()
    assert send(halden.engineer, case.token, ("a.txt", b"fine")).body[0]["receiverStatus"] == "CONTENT_ERROR"
