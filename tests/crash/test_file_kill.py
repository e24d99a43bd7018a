"""kill -9 of the real gateway while files arrive, are judged, are sent and wait for the other end's answer.

After each restart: the spool holds nothing but what its sender may still send again, and never held a word in clear; no file reached
a place twice; what was acknowledged reached both places, masked on the other side; a repeated upload with the same Idempotency-Key
tells what became of the first or sends the file once; and the audit log verifies. The seed is printed.
"""

import collections
import os
import random
import threading
import uuid

import requests

from support.file_receiver import FileReceiver, certificate_for
from support.files import form, send, target
from support.gateway import Gateway, MovedNames, until
from support.world import World

SECRET, MASKED = "Gr8-Harbour!Gate", "[secret removed]"
MOMENTS = ("arriving", "sending", "answering", "any")
UPLOADERS = 3


class Upload(threading.Thread):
    """One file; remembers whether its fate was told."""

    def __init__(self, caller, token, text):
        super().__init__()
        self.caller, self.token, self.text = caller.with_token(caller.token), token, text
        self.key, self.name, self.answer = f"file-{uuid.uuid4()}", f"{uuid.uuid4()}.log", None

    def send(self):
        return send(self.caller, self.token, (self.name, self.text.encode()), key=self.key, expect=(200, 429, 503))

    def run(self):
        try:
            self.answer = self.send()
        except requests.RequestException:
            pass  # the gateway is gone


def half_an_upload(gateway, caller, case, text):
    """A file that never comes to its end; the connection."""
    body, kind = form(("half.log", text.encode()))
    line = gateway.connect()
    line.sendall((f"POST {case.path}/attachments HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {caller.token}\r\nContent-Type: {kind}\r\n"
                  f"Content-Length: {len(body) * 2}\r\n\r\n").encode() + body[:-60])
    return line


def test_kill_nine_while_files_are_under_way(tmp_path, long_form):
    rounds = 240 if long_form else 12
    seed = int(os.environ.get("ENTENTE_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
    print(f"ENTENTE_SEED={seed}")
    chance = random.Random(seed)
    names = MovedNames(tmp_path)
    names.answer_all({"left.files.example": ["127.0.0.1"], "right.files.example": ["127.0.0.1"]})
    settings = {"deliveries.allowed_networks": "127.0.0.0/8", "deliveries.authorities": str(tmp_path / "g" / "keys" / "authority" / "ca.pem")}
    told = collections.Counter()
    with Gateway(tmp_path / "g", settings, names.environment) as gateway:
        gateway.start()
        world = World(gateway, "files")
        left, right = world.company("left"), world.company("right")
        world.agreement(left, right)
        case = world.released_case(left, right)
        left.administrator.put("/api/v1/attachment-target", {"history": True}, expect=200)
        spool = gateway.data / "spool"
        places = [FileReceiver(*certificate_for(gateway.keys / "authority", [f"{side}.files.example"], tmp_path)) for side in ("left", "right")]
        for place, company, side in zip(places, (left, right), ("left", "right"), strict=True):
            company.engineer.put(f"{case.path}/attachments/config/https", target(f"{side}.files.example", place.port), expect=200)

        def times(place, upload):
            return sum(1 for taken in list(place.taken) if taken.name == upload.name)

        for number in range(rounds):
            moment = MOMENTS[number % len(MOMENTS)]
            there, line, answered = chance.choice(places), None, threading.Event()
            for place in places:
                place.go_on, place.stall_after, place.behave = threading.Event(), None, lambda taken: 201
            if moment == "sending":
                there.stall_after = 1
            if moment == "answering":
                go_on = there.go_on
                there.behave = lambda taken, answered=answered, go_on=go_on: (answered.set(), go_on.wait(60), 201)[2]
            lines = [f"path {chance.randrange(1000)} went down {'x' * chance.randrange(60)}" for _ in range(chance.randrange(1, 60_000))]
            lines.insert(chance.randrange(len(lines)), f"password: {SECRET}")
            text = "\n".join(lines) + "\n"
            uploads = [Upload(left.engineer, case.token, text) for _ in range(UPLOADERS)]
            if moment == "arriving":
                line = half_an_upload(gateway, left.engineer, case, text + "word\n" * 100_000)
                until(lambda: any(one.stat().st_size > 65536 for one in spool.iterdir()), what="a file in the spool")
            for upload in uploads:
                upload.start()
            if moment == "sending":
                until(lambda p=there: p.stalled > 0, what="a file on its way")
            elif moment == "answering":
                assert answered.wait(60)
            else:
                threading.Event().wait(chance.random() * chance.choice([0.01, 0.05, 0.4]))  # where in the load the kill falls
            gateway.kill()
            for place in places:
                place.go_on.set()
            for one in spool.iterdir():
                assert SECRET.encode() not in one.read_bytes() and b"went down" not in one.read_bytes(), "the spool is sealed"
            for upload in uploads:
                upload.join(60)
            until(lambda: all(place.serving == 0 for place in places), what="the end of what was under way")
            if line:
                line.close()
            gateway.start()
            for place in places:
                place.stall_after, place.behave = None, lambda taken: 201
            listed = left.engineer.get(f"/api/v1/cases/{case.token}/attachments", expect=200).items
            assert len(list(spool.iterdir())) == sum(1 for row in listed if row["state"] == "failed"), "what nobody may send again is gone"
            assert not [row for row in listed if row["state"] in ("spooled", "sending")]
            for upload in uploads:
                if upload.answer is not None and upload.answer.status == 200:
                    told["acknowledged"] += 1
                    assert upload.answer.body[0]["completeSuccess"], upload.answer
                    assert [times(place, upload) for place in places] == [1, 1]
                before = [times(place, upload) for place in places]
                again = upload.send()
                assert again.status == 200, again
                row, after = again.body[0], [times(place, upload) for place in places]
                if again.headers.get("Idempotency-Replayed") == "true":
                    assert after == before, "a repeat sends nothing"
                    told["repeated " + row["receiverStatus"]] += 1
                    for side, count in zip(("submitterStatus", "receiverStatus"), after, strict=True):
                        assert row[side] == "UNKNOWN" or (row[side] == "SUCCESS") == (count == 1), (row, after)
                else:
                    told["sent anew"] += 1
                    assert row["completeSuccess"] and before == [0, 0] and after == [1, 1], (row, before, after)
            for place, secret in zip(places, (SECRET, MASKED), strict=True):
                assert all(taken.content.decode() == text.replace(SECRET, secret) for taken in place.taken if taken.name in {upload.name for upload in uploads})
                place.taken.clear()
            assert world.verify()["ok"] is True
        print(f"{rounds} kills: {dict(told)}")
        for place in places:
            place.close()
        assert gateway.stop() == 0
        done = gateway.command("audit", "verify")
        assert done.returncode == 0, done.stdout + done.stderr
