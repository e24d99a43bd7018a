#!/usr/bin/python3
"""Latencies with a thousand companies on one gateway, over TLS, with the load generator and the receiver on the same machine:

    tests/bench/latency.py [COMPANIES]      ENTENTE_PRESET=release by default; about four minutes

  write to webhook   from the moment that a create was due to be sent to the moment that the receiver (nginx, which logs it) has taken
                     the call about it, at half the rate of creates that the gateway sustains with every receiver told   (aim: p99 1 s)
  create             from the scheduled moment to the answer, under the same load
  feed page          500 events of one company                                                                          (aim: 50 ms)
  list               500 cases of one company, in the own API and in the contract's                                     (aim: 100 ms)
  timeline           of one case that was answered and discussed                                                        (aim: 20 ms)

Half of the companies submit and half receive; each receiver has one subscription. The reads are taken twice: on an idle gateway and
beside the creates. Exit code 1 when a p99 misses its aim beside the creates.
"""

import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
sys.dont_write_bytecode = True
os.environ.setdefault("ENTENTE_PRESET", "release")

from support import raw  # noqa: E402
from support.gateway import Gateway, free_port, until  # noqa: E402
from support.world import World  # noqa: E402

BUILD = ROOT / "build" / os.environ["ENTENTE_PRESET"]
LOAD = BUILD / "tests" / "bench" / "bench_load"
PAGE = 500


def say(text):
    print(text, flush=True)


def member(world, key):
    """A company whose people are programs: no password is hashed a thousand times over."""
    made = world.company(key, form=False)
    for role in ("administrator", "compliance", "engineer"):
        row = world.operator.post("/api/v1/clients", {"company": made.id, "name": f"{role} program", "role": role}, judge=False, expect=201).body
        caller = world.caller(key)
        caller.client_token(str(made.id), row["clientId"], row["clientSecret"])
        made._people[role] = caller
    return made


class Receiver:
    """nginx: takes every call and writes down when, and which event it told of."""

    def __init__(self, folder, authority):
        self.port, self.log = free_port(), folder / "taken"
        folder.mkdir()
        (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log warn;
{'user root;' if os.geteuid() == 0 else ''}
events {{ worker_connections 4096; }}
http {{
  log_format taken '$msec $http_webhook_id'; access_log {self.log} taken;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{self.port} ssl; ssl_certificate {authority / 'server.pem'}; ssl_certificate_key {authority / 'server.key'};
    location / {{ return 204; }}
  }}
}}
""")
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")], stdin=subprocess.DEVNULL)

    def taken(self):
        """Event id -> when it was first taken, in seconds."""
        first = {}
        for line in self.log.read_text().splitlines() if self.log.exists() else ():
            when, event = line.split()
            first.setdefault(event, float(when))
        return first

    def close(self):
        self.process.terminate()
        self.process.wait(10)


def load(gateway, requests, **options):
    words = [LOAD, "--port", gateway.port, "--ca", gateway.ca, "--requests", requests, "--connections", 32]
    for name, value in options.items():
        words += [f"--{name}"] if value is True else [f"--{name}", value]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"the load failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


class Creators:
    """Sends creates by a fixed time table and remembers when each was due and answered."""

    def __init__(self, gateway, requests, rate, seconds):
        self.gateway, self.requests, self.rate, self.count = gateway, requests, rate, int(rate * seconds)
        self.lock, self.table, self.next, self.failed = threading.Lock(), threading.Event(), 0, []
        self.due, self.answered = {}, []  # token -> when; milliseconds
        self.begin, self.begin_wall = time.monotonic() + 0.5, time.time() + 0.5
        self.threads = [threading.Thread(target=self.run) for _ in range(24)]
        for thread in self.threads:
            thread.start()

    def run(self):
        connection = http.client.HTTPSConnection("localhost", self.gateway.port, context=self.gateway.tls_context())
        while True:
            with self.lock:
                number, self.next = self.next, self.next + 1
            if number >= self.count:
                return
            at = number / self.rate
            self.table.wait(max(0, self.begin + at - time.monotonic()))  # nobody sets it: this is the time table
            token, body = self.requests[number % len(self.requests)]
            connection.request("POST", "/v1/collaboration-requests", body, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            took = (time.monotonic() - self.begin - at) * 1000
            with self.lock:
                if answer.status != 200:
                    self.failed.append(answer.status)
                    continue
                self.due[json.loads(content)["token"]] = self.begin_wall + at
                self.answered.append(took)

    def join(self):
        for thread in self.threads:
            thread.join()
        assert not self.failed and len(self.answered) == self.count, (self.failed[:5], len(self.answered), self.count)


def feed(caller, after):
    """Every event of a case since: (id, token of the case), and the last cursor."""
    events = []
    while True:
        page = caller.get(f"/api/v1/events?after={after}&limit={PAGE}", judge=False, expect=200)
        events += [(event["id"], event["data"]["case"]["token"]) for event in page.items if "case" in event["data"]]
        after = page["next"]
        if not page["more"]:
            return events, after


def quantiles(taken):
    taken = sorted(taken)
    return [taken[min(len(taken) - 1, len(taken) * part // 100)] for part in (50, 99)] + [len(taken)]


def timed_reads(gateway, reads, rounds, stop=None):
    """Name -> milliseconds of each read from the first byte sent to the last received, one after the other on one connection."""
    took = {name: [] for name in reads}
    connection = http.client.HTTPSConnection("localhost", gateway.port, context=gateway.tls_context())
    for _ in range(rounds):
        for name, (caller, path) in reads.items():
            begun = time.monotonic()
            connection.request("GET", path, headers={"Authorization": f"Bearer {caller.token}", "Accept": "application/json"})
            answer = connection.getresponse()
            answer.read()
            took[name].append((time.monotonic() - begun) * 1000)
            assert answer.status == 200, (path, answer.status)
        if stop is not None and stop.is_set():
            break
    connection.close()
    return took


def show(title, took, aims):
    missed = False
    say(title)
    for name, values in took.items():
        p50, p99, count = quantiles(values)
        aim = aims.get(name)
        missed = missed or (aim is not None and p99 > aim)
        say(f"  {name:28} p50 {p50:8.1f} ms   p99 {p99:8.1f} ms   {count:>6} times" + (f"   (aim {aim} ms)" if aim else ""))
    return missed


def main():
    companies = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    subprocess.run(["cmake", "--build", BUILD, "--target", "bench_load", "entente"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(prefix="entente-latency.") as name:
        folder = pathlib.Path(name)
        authority = folder / "g" / "keys" / "authority"
        with Gateway(folder / "g", {"log.level": "warning", "limits.requests_per_second": 1000000, "limits.connections": 20000, "limits.connections_per_address": 20000, "deliveries.allowed_networks": "127.0.0.0/8",
                                    "deliveries.authorities": str(authority / "ca.pem")}) as gateway:
            gateway.start()
            receiver = Receiver(folder / "nginx", authority)
            try:
                return measure(gateway, receiver, folder, companies)
            finally:
                receiver.close()


def measure(gateway, receiver, folder, companies):
    world = World(gateway, "latency")
    begun, pairs, drafts, requests = time.monotonic(), [], [], []
    for number in range(companies // 2):
        left, right = member(world, f"left{number}"), member(world, f"right{number}")
        right.form = world.form(right)
        world.agreement(left, right)
        customer = left.customer()
        left.authorize(customer, [right])
        right.engineer.post("/api/v1/webhooks", {"callbackUrl": f"https://127.0.0.1:{receiver.port}/{number}", "version": "native", "caseDirections": ["INBOUND", "OUTBOUND"]},
                            judge=False, expect=201)
        draft = world.draft(left, right, customer)
        draft.pop("values")
        world.ledger.release(" ".join(world.ledger.of(left.key)), right.key)  # who may read what is asked by other tests
        drafts.append((left.engineer.token, json.dumps(draft).encode()))
        requests.append(raw.request("POST", "/v1/collaboration-requests", drafts[-1][0], body=drafts[-1][1]))
        pairs.append((left, right))
        if number % 100 == 99:
            say(f"{2 * number + 2} companies after {time.monotonic() - begun:.0f} s")

    def file(name, rows):
        path = folder / name
        path.write_bytes(b"".join(b"%d\n%s" % (len(row), row) for row in rows))
        return path

    everyone, first = file("everyone", requests), file("first", requests[:1] * (PAGE + 100))
    left, right = pairs[0]
    load(gateway, first, once=True)
    token = left.engineer.get("/api/v1/cases?limit=1", judge=False, expect=200).items[0]["token"]
    right.engineer.post(f"/v1/collaboration-requests/{token}/approval", {"caseNumber": "R-1", "nextSteps": "Looking into it", **right.engineer_block()}, judge=False, expect=200)
    for number in range(6):
        (left, right)[number % 2].engineer.post(f"/v1/collaboration-requests/{token}/notes", {"summary": f"note {number}", "description": "", "priority": "LOW"}, judge=False, expect=200)

    def told(since, callers):
        """Token of the case -> when the event since then was taken, once all of them were."""
        events = [event for caller, position in zip(callers, since) for event in feed(caller, position)[0]]

        def all_taken():
            taken = receiver.taken()
            return all(event in taken for event, _ in events) and {token: taken[event] for event, token in events}

        return until(all_taken, 300, "the deliveries")

    receivers = [each.engineer for _, each in pairs]
    told(["-1"], [right.engineer])
    positions = [feed(each, "now")[1] for each in receivers]
    begun_wall = time.time()
    full = load(gateway, everyone, seconds=10)
    last = max(told(positions, receivers).values())
    # What can go on for ever: creates whose receivers are told, not creates that pile up.
    sustained = full["requests"] / (last - begun_wall)
    half = sustained / 2
    say(f"{companies} companies; creates alone {full['rate']:.0f}/s, creates and every receiver told {sustained:.0f}/s, so half load is {half:.0f}/s")

    reads = {"feed page of 500 events": (right.engineer, f"/api/v1/events?after=-1&limit={PAGE}"), "list of 500 cases, own API": (right.engineer, f"/api/v1/cases?limit={PAGE}"),
             "list of 500 cases, contract": (right.engineer, f"/v2/collaboration-requests?page=0&size={PAGE}"), "timeline": (right.engineer, f"/api/v1/cases/{token}/timeline")}
    aims = {"feed page of 500 events": 50, "list of 500 cases, own API": 100, "list of 500 cases, contract": 100, "timeline": 20, "write to webhook": 1000}
    for caller, path in reads.values():
        rows = caller.get(path, judge=False, expect=200).body
        found = rows if isinstance(rows, list) else rows.get("items", rows.get("content"))
        assert "timeline" in path or len(found) >= PAGE, (path, len(found))
    show("on an idle gateway", timed_reads(gateway, reads, 100), {})

    positions = [feed(each, "now")[1] for each in receivers]
    # The load alone first: a reader that never pauses is more than half load by itself.
    creators = Creators(gateway, drafts, half, 15)
    creators.join()
    taken = told(positions, receivers)
    alone = {"write to webhook": [(taken[case] - due) * 1000 for case, due in creators.due.items()], "create": creators.answered}
    missed = show(f"at {half:.0f} creates a second", alone, aims)

    done = threading.Event()
    creators = Creators(gateway, drafts, half, 15)

    def watch():
        creators.join()
        done.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    took = timed_reads(gateway, reads, 100000, done)
    watcher.join()
    missed = show(f"beside {half:.0f} creates a second, one read after the other without a pause", took, aims) or missed
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
