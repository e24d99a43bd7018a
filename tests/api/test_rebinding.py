"""A name that means a good address when a subscription is made, and another one when it is called (DNS rebinding): the address that is
connected to is the one that is judged, each time."""

import socket
import subprocess
import threading

import pytest

from support.gateway import Gateway, MovedNames, until
from support.receiver import Receiver
from support.world import World

NAME = "callback.rebind.example"
GOOD, FORBIDDEN = "127.0.0.2", "127.0.0.3"


class Trap:
    """Counts who connects to an address that must not be called."""

    def __init__(self, address, port):
        self.socket = socket.create_server((address, port))
        self.visits = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self):
        while True:
            try:
                self.socket.accept()[0].close()
            except OSError:
                return
            self.visits += 1

    def close(self):
        self.socket.close()


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    return MovedNames(tmp_path_factory.mktemp("names"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("callback")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem",
                    "-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"], check=True, capture_output=True, timeout=60)
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def caught(tmp_path_factory, names, certificate):
    settings = {"deliveries.allowed_networks": f"{GOOD}/32", "deliveries.authorities": str(certificate[0]), "deliveries.attempts": 2,
                "deliveries.retry_first_ms": 40, "deliveries.retry_max_ms": 80, "deliveries.timeout_seconds": 5}
    with Gateway(tmp_path_factory.mktemp("rebinding"), settings, names.environment) as gateway:
        gateway.start()
        world = World(gateway, "rebinding")
        world.left, world.right = world.company("left"), world.company("right")
        world.agreement(world.left, world.right)
        world.customer = world.left.customer()
        world.left.authorize(world.customer, [world.right])
        yield world


@pytest.fixture
def receiver(caught, certificate):
    with Receiver(*certificate, ledger=caught.ledger, company=caught.left.key, address=GOOD) as one:
        yield one
    assert not one.complaints, one.complaints


@pytest.fixture
def trap(receiver):
    trap = Trap(FORBIDDEN, receiver.port)
    yield trap
    trap.close()


def subscribed(caught, receiver):
    return caught.left.administrator.post("/api/v1/webhooks", {"callbackUrl": f"https://{NAME}:{receiver.port}/in"}, expect=201).body


def ended(caught, hook, more_than=0):
    """The deliveries once all have ended; what just happened is planned a moment later, so the caller says how many it knew."""
    def rows():
        found = caught.left.administrator.get(f"/api/v1/webhooks/{hook['id']}/deliveries?limit=1000", expect=200).items
        return found if len(found) > more_than and all(row["state"] not in ("waiting", "leased") for row in found) else None

    return until(rows, what="the end of all deliveries")


def test_a_name_that_moves_between_check_and_use_leads_nowhere(caught, names, receiver, trap):
    names.answer(NAME, GOOD)
    hook = subscribed(caught, receiver)
    case = caught.released_case(caught.left, caught.right, caught.customer)
    until(lambda: len(receiver.got("/in")) >= 1, what="the call at the good address")
    before = ended(caught, hook)
    assert {row["state"] for row in before} == {"delivered"}
    taken = len(receiver.got("/in"))
    # The same name now means the forbidden address. Connections that are kept would hide it, so the receiver hangs up.
    names.answer(NAME, FORBIDDEN)
    receiver.behave = lambda taken: "cut"
    asked = names.times_asked()
    case.approve()
    rows = ended(caught, hook, len(before))
    assert names.times_asked() > asked
    dead = [row for row in rows if row["state"] == "dead"]
    assert dead and {row["reason"] for row in dead} == {"address_refused"}, rows
    assert trap.visits == 0
    # It comes back to the good address, and so do the calls.
    names.answer(NAME, GOOD)
    receiver.behave = lambda taken: 204
    case.note(caught.left.engineer, "all well")
    until(lambda: len(receiver.got("/in", 2)) > taken, what="calls after the name came back")
    assert trap.visits == 0


@pytest.mark.parametrize("answer", [(FORBIDDEN, GOOD), (GOOD, FORBIDDEN), ("::1", FORBIDDEN, GOOD), (f"::ffff:{FORBIDDEN}", GOOD)])
def test_of_several_addresses_only_the_good_one_is_called(caught, names, receiver, trap, answer):
    names.answer(NAME, *answer)
    hook = subscribed(caught, receiver)
    caught.released_case(caught.left, caught.right, caught.customer)
    assert {row["state"] for row in ended(caught, hook)} == {"delivered"}
    assert receiver.got("/in") and trap.visits == 0
    caught.left.administrator.delete(f"/api/v1/webhooks/{hook['id']}", expect=204)


@pytest.mark.parametrize("answer", [(FORBIDDEN,), ("::1",), (f"::ffff:{FORBIDDEN}",), ("169.254.169.254",), ("10.0.0.1", "192.168.0.1"), ("fd00::1", "fe80::1")])
def test_a_name_of_forbidden_addresses_alone_is_never_called(caught, names, receiver, trap, answer):
    names.answer(NAME, *answer)
    hook = subscribed(caught, receiver)
    caught.released_case(caught.left, caught.right, caught.customer)
    assert {(row["state"], row["reason"]) for row in ended(caught, hook)} == {("dead", "address_refused")}
    assert trap.visits == 0 and not receiver.got("/in")
    caught.left.administrator.delete(f"/api/v1/webhooks/{hook['id']}", expect=204)
