"""What every group of Python tests shares: where the project is, which build is under test, and the long forms."""

import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))


def pytest_collection_modifyitems(items):
    if os.environ.get("ENTENTE_LONG") == "1":
        return
    # Deselected rather than skipped: the short form promises nothing about them.
    for item in [item for item in items if item.get_closest_marker("long_form")]:
        items.remove(item)


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def long_form():
    return os.environ.get("ENTENTE_LONG") == "1"
