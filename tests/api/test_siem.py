"""The audit log as a stream for collectors of security events: complete, in order, at least once, over restarts and outages."""

import json
import os

import pytest

from support.collector import Collector
from support.gateway import Gateway, until
from support.ocsf import complaints
from support.world import World


class Streaming:
    """A gateway that streams to a collector, which demands a client certificate, and into a file."""

    def __init__(self, folder):
        self.collector = Collector(folder, folder / "keys" / "authority" / "server.pem", folder / "keys" / "authority" / "server.key",
                                   folder / "keys" / "authority" / "ca.pem")
        self.file = folder / "events.jsonl"
        self.certificate, self.key = folder / "siem.pem", folder / "siem.key"
        self.gateway = Gateway(folder, {
            "siem.syslog_server": "127.0.0.1", "siem.syslog_port": self.collector.port, "siem.authority": str(folder / "keys" / "authority" / "ca.pem"),
            "siem.certificate": str(self.certificate), "siem.key": str(self.key), "siem.file": str(self.file), "siem.message_bytes": 2048})
        self.gateway.start()
        self.collector.start()
        self.world = World(self.gateway, "siem")
        self.world.near, self.world.far = self.world.company("near"), self.world.company("far")
        self.world.agreement(self.world.near, self.world.far)

    def give_certificate(self):
        row = self.world.operator.post("/api/v1/clients", {"company": self.world.near.id, "name": "collector link", "role": "api_client",
                                                           "certificateUri": f"spiffe://{self.world.near.domain}/siem"}, expect=201).body
        issued = self.world.operator.post("/api/v1/certificates", {"client": row["id"], "days": 30}, expect=201).body
        self.key.touch(mode=0o600)
        self.key.write_text(issued["privateKey"])
        self.certificate.write_text(issued["certificate"])

    def size(self):
        return self.world.operator.get("/api/v1/audit/entries?limit=1", expect=200)["size"]

    def case(self):
        return self.world.open_case(self.world.near, self.world.far, self.world.near.customer())

    def lines(self):
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    def reaches(self, size, sink="syslog"):
        """Everything below `size` has been taken, without a gap."""
        def there():
            taken = self.collector.indexes() if sink == "syslog" else [event["unmapped"]["log_index"] for event in self.lines()]
            return set(range(size)) <= set(taken)
        until(there, 90, f"{sink} up to record {size}")

    def close(self):
        self.gateway.close()
        self.collector.close()


@pytest.fixture(scope="module")
def streaming(tmp_path_factory):
    made = Streaming(tmp_path_factory.mktemp("siem"))
    yield made
    made.close()


def test_nothing_is_sent_without_the_certificate_and_everything_with_it(streaming):
    until(lambda: streaming.gateway.metric("entente_siem_failures_total", sink="syslog") > 0, what="a refused attempt")
    assert streaming.collector.indexes() == [] and streaming.gateway.metric("entente_siem_lag_records", sink="syslog") > 0
    streaming.give_certificate()
    streaming.case()
    streaming.reaches(streaming.size())


def test_an_event_is_the_core_section_and_says_where_it_stands(streaming):
    streaming.reaches(streaming.size())
    rows = {row["event"]["unmapped"]["log_index"]: row for row in streaming.collector.rows() if "event" in row}
    listed = streaming.world.operator.get("/api/v1/audit/entries?limit=1000", expect=200).items
    compared = 0
    for entry in listed:
        row, event = rows.get(entry["index"]), None
        if row is None:
            continue
        event = row["event"]
        compared += 1
        assert row["host"] == "127.0.0.1" and row["app"] == "entente" and row["id"] == entry["operation"][:32]
        assert row["octets"] <= 2048 and row["pri"] == ("110" if entry["outcome"] == "success" else "109")
        assert event["unmapped"]["attestation"]["chain_uid"] == "localhost/entente"
        shown = streaming.world.operator.get(f"/api/v1/audit/entries/{entry['index']}", expect=200) if compared < 12 else None
        if shown:
            assert event["unmapped"]["attestation"]["fingerprint"] == {"algorithm_id": 3, "value": shown["leaf"]}
        if entry["core"] is None:
            assert event["class_uid"] == 0 and event["unmapped"]["entry_kind"]
            continue
        assert event["metadata"]["uid"] == entry["event"] and event["time"] == entry["core"]["time"]
        core = entry["core"]
        same = ("activity_id", "class_uid", "category_uid", "type_uid", "severity_id", "status_code", "action_id", "disposition_id")
        assert {name: event.get(name) for name in same} == {name: core.get(name) for name in same}
        assert event["metadata"]["event_code"] == core["api"]["operation"] and event["metadata"].get("correlation_uid") == core["metadata"].get("correlation_uid")
        who = event["actor"]["user"] if "actor" in event else {}
        if who:
            assert who.get("uid") == core["actor"].get("credential") and who.get("org", {}).get("uid") == core["actor"].get("org_uid")
        told = event.get("resources") or event["unmapped"].get("resources", [])
        assert [(one["type"], one["uid"]) for one in told] == [(one["type"], one["uid"]) for one in core["resources"]][:len(told)]
        assert len(told) == len(core["resources"]) or "resources_omitted" in event["unmapped"]
        for name, value in core.get("unmapped", {}).items():
            assert event["unmapped"].get(name) == value or f"{name}_omitted" in event["unmapped"]
        assert complaints(event) == []
    assert compared > 20
    assert any(row["event"]["unmapped"].get("decision_omitted") for row in rows.values()), "a verdict is larger than the limit here"
    assert any("decision" in event.get("unmapped", {}) for event in streaming.lines()), "the file has it whole"


def test_no_text_and_no_person_leaves(streaming):
    case = streaming.case()
    case.note(case.submitter.engineer, "streamed")
    streaming.reaches(streaming.size())
    assert not streaming.world.ledger.leaks(streaming.collector.out.read_text(), "the collector")
    assert not streaming.world.ledger.leaks(streaming.file.read_text(), "the file")


def test_nothing_is_missing_after_a_collector_is_killed_again_and_again(streaming):
    for _ in range(3):
        for _ in range(4):
            streaming.case()
        streaming.collector.kill()
        streaming.case()
        streaming.collector.start()
    streaming.reaches(streaming.size())
    order = streaming.collector.indexes()
    assert sorted(set(order)) == list(range(max(order) + 1))
    # Each begins again where nothing was confirmed: it never jumps ahead.
    assert all(b <= a + 1 for a, b in zip(order, order[1:]))


def test_a_restart_goes_on_where_the_collector_confirmed(streaming):
    streaming.case()
    streaming.reaches(streaming.size())
    streaming.gateway.stop()  # the end is sent and confirmed
    taken = streaming.collector.indexes()
    assert streaming.collector.events()[-1]["metadata"]["event_code"] == "gateway.stop"
    streaming.gateway.start()
    streaming.case()
    streaming.reaches(streaming.size())
    assert streaming.collector.indexes()[len(taken)] == max(taken) + 1, "nothing twice after an end in order"
    began = [event for event in streaming.collector.events() if event["metadata"].get("event_code") == "audit.stream"]
    assert {event["unmapped"]["resources"][0]["uid"] for event in began} == {"syslog", "file"}


def test_a_killed_gateway_loses_nothing(streaming):
    for _ in range(3):
        streaming.case()
    streaming.gateway.kill()
    streaming.gateway.start()
    size = streaming.size()
    for sink in ("syslog", "file"):
        streaming.reaches(size, sink)


def test_a_rotated_file_is_followed_and_a_torn_line_ended(streaming):
    streaming.reaches(streaming.size(), "file")
    kept = streaming.file.with_suffix(".1")
    os.rename(streaming.file, kept)
    streaming.case()
    until(lambda: streaming.file.exists() and streaming.lines(), what="a new file")
    size = streaming.size()
    everything = lambda: [json.loads(line) for line in kept.read_text().splitlines()] + streaming.lines()
    until(lambda: set(range(size)) <= {event["unmapped"]["log_index"] for event in everything()}, what="both files together")
    assert os.stat(streaming.file).st_mode & 0o777 == 0o600
    streaming.gateway.stop()
    with open(streaming.file, "ab") as file:
        file.write(b'{"torn')
    streaming.gateway.start()
    size = streaming.size()

    def whole_lines():
        lines = streaming.file.read_text().splitlines()
        assert lines.count('{"torn') == 1
        return size - 1 in [json.loads(line)["unmapped"]["log_index"] for line in lines if line != '{"torn']
    until(whole_lines, what="lines behind the torn one")


def test_the_lag_falls_to_nothing_and_is_told(streaming):
    until(lambda: streaming.gateway.metric("entente_siem_lag_records", sink="syslog") == 0, what="no lag")
    assert streaming.gateway.metric("entente_siem_lag_seconds", sink="syslog") == 0
    assert streaming.gateway.metric("entente_siem_events_total", sink="file") > 0


def test_an_older_log_is_noticed_and_sent_anew(streaming):
    """A database put back to an earlier state does not know the position that a collector confirmed."""
    streaming.gateway.stop()
    position = streaming.gateway.data / "siem-file.position"
    origin, following, leaf = position.read_text().splitlines()
    position.write_text(f"{origin}\n{int(following) + 1000}\n{leaf}\n")
    os.rename(streaming.file, streaming.file.with_suffix(".2"))
    streaming.gateway.start()
    size = streaming.size()
    streaming.reaches(size, "file")
    found = [event for event in streaming.lines() if event["class_uid"] == 2004]
    assert found and found[-1]["status_code"] == "stream_position_lost" and found[-1]["severity_id"] == 4
