"""Where the crash tests find the store's own program and how long they may take."""

import os

import pytest


@pytest.fixture(scope="session")
def budget():
    """(seconds, rounds at least): the short form ends after its time, the long one after its rounds."""
    return (0, 10_000) if os.environ.get("ENTENTE_LONG") == "1" else (12, 8)
