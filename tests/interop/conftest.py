"""One gateway, two companies with an agreement, a customer who permitted the exchange; connectors signed in on either side."""

import pytest

import connectors
from support.gateway import Gateway
from support.world import World


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("gateway")) as running:
        running.start()
        yield running


@pytest.fixture(scope="session")
def world(gateway):
    made = World(gateway)
    made.halden = made.company("halden")
    made.brightwell = made.company("brightwell", departments=("Networking",))
    made.agreement(made.halden, made.brightwell)
    made.harbour = made.halden.customer("harbour")
    made.halden.authorize(made.harbour, [made.brightwell])
    yield made
    complaints = made.contract.complaints()
    assert not complaints, "\n".join(complaints)


@pytest.fixture(params=connectors.ALL, ids=lambda kind: kind.name)
def submitter(request, world):
    return request.param(world.halden.engineer, world.halden)


@pytest.fixture(params=connectors.ALL, ids=lambda kind: kind.name)
def receiver(request, world):
    return request.param(world.brightwell.engineer, world.brightwell)
