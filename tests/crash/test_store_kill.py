"""The store's own crash tests as checks of this group: killed, without power, and with faults of disk and memory (tests/crash/store_*.cpp)."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("name", ["store_kill", "store_power", "store_faults"])
def test_store(tmp_path, name):
    preset = os.environ.get("ENTENTE_PRESET", "release")
    program = next((ROOT / "build" / preset / "tests").glob(f"*/{name}"))
    # Straight to the log of the group, so that who waits sees how far it is.
    with open(tmp_path / "said", "w+", encoding="utf-8") as said:
        done = subprocess.run([program, *(["--long"] if os.environ.get("ENTENTE_LONG") == "1" else [])], cwd=tmp_path, stdout=said, stderr=said, timeout=14400, check=False)
        said.seek(0)
        text = said.read()
    print(text[-2000:])
    assert done.returncode == 0, text[-3000:]
