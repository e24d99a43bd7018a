"""A gateway with short limits, so that every ceiling is reached in a test, and one signed-in caller."""

import pytest

from support.gateway import Gateway
from support.world import World

LIMITS = {
    "limits.header_bytes": 4096, "limits.body_bytes": 65536, "limits.request_seconds": 2, "limits.idle_seconds": 2, "limits.handshake_seconds": 2,
    "limits.connections": 60, "limits.connections_per_address": 50, "listen.threads": 1,
}


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("hostile"), LIMITS) as running:
        running.start()
        yield running


@pytest.fixture(scope="session")
def world(gateway):
    made = World(gateway, "hostile")
    made.left, made.right = made.company("left"), made.company("right")
    made.agreement(made.left, made.right)
    made.customer = made.left.customer()
    made.left.authorize(made.customer, [made.right])
    yield made
    complaints = made.contract.complaints()
    assert not complaints, "\n".join(complaints)


@pytest.fixture(scope="session")
def token(world):
    return world.left.engineer.token


@pytest.fixture(scope="session")
def case(world):
    return world.released_case(world.left, world.right, world.customer)


@pytest.fixture(autouse=True)
def still_alive(gateway):
    """Whatever a test did: the process lives and an honest caller is served."""
    yield
    assert gateway.running() or getattr(gateway, "ended", False), gateway.log()[-4000:]


@pytest.fixture
def serves(gateway, token):
    from support import raw

    def check():
        reply = raw.once(gateway, raw.request("GET", "/v1/me", token))
        assert reply is not None and reply.status == 200
    yield check
    check()
