"""One gateway and one small world for the whole group: four companies and two agreements.

halden submits; brightwell receives and has departments; corvid has an agreement with brightwell only; dorn has none with anybody.
"""

import pytest

from support.file_receiver import FileReceiver, certificate_for
from support.gateway import Gateway, MovedNames
from support.world import World


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    # Receivers of webhooks are on loopback here, with certificates of the same authority, and patience is short.
    deliveries = {"deliveries.allowed_networks": "127.0.0.0/8", "deliveries.authorities": str(folder / "keys" / "authority" / "ca.pem"),
                  "deliveries.attempts": 3, "deliveries.retry_first_ms": 40, "deliveries.retry_max_ms": 400, "deliveries.timeout_seconds": 3,
                  "attachments.timeout_seconds": 5, "siem.file": str(folder / "siem.json")}
    names = MovedNames(folder)
    names.answer_all({"halden.files.example": ["127.0.0.1"], "brightwell.files.example": ["127.0.0.1"], "inside.files.example": ["10.0.0.1"]})
    with Gateway(folder, deliveries, names.environment) as running:
        running.start()
        yield running


@pytest.fixture(scope="session")
def world(gateway):
    made = World(gateway)
    made.halden = made.company("halden")
    made.brightwell = made.company("brightwell", departments=("Networking", "Storage"))
    made.corvid = made.company("corvid")
    made.dorn = made.company("dorn")
    made.agreement(made.halden, made.brightwell)
    made.agreement(made.corvid, made.brightwell)
    made.harbour = made.halden.customer("harbour")
    made.halden.authorize(made.harbour, [made.brightwell])
    yield made
    complaints = made.contract.complaints()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def halden(world):
    return world.halden


@pytest.fixture
def brightwell(world):
    return world.brightwell


@pytest.fixture
def corvid(world):
    return world.corvid


@pytest.fixture
def dorn(world):
    return world.dorn


@pytest.fixture
def case(world):
    """A fresh case that is released: OPEN, readable by both sides."""
    return world.released_case(world.halden, world.brightwell, world.harbour)


@pytest.fixture(scope="session")
def private_gateway(tmp_path_factory):
    """Starts further gateways with settings of their own, for tests that stop, starve or reload one."""
    started = []

    def start(settings=None):
        one = Gateway(tmp_path_factory.mktemp("private"), settings).start()
        started.append(one)
        return one

    yield start
    for one in started:
        one.close()


@pytest.fixture(scope="session")
def file_places(gateway, tmp_path_factory):
    """Makes places for files that members run, each under a name of its own."""
    folder = tmp_path_factory.mktemp("places")

    def place(name, **options):
        return FileReceiver(*certificate_for(gateway.keys / "authority", [f"{name}.files.example"], folder), **options)

    return place
