"""The store's own kill test as a check of this group: the program of tests/crash/store_kill.cpp."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def test_store_kill(tmp_path):
    preset = os.environ.get("ENTENTE_PRESET", "release")
    program = next((ROOT / "build" / preset / "tests").glob("*/store_kill"))
    done = subprocess.run([program, *(["--long"] if os.environ.get("ENTENTE_LONG") == "1" else [])], cwd=tmp_path, capture_output=True, text=True, timeout=7200, check=False)
    print(done.stdout[-2000:])
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
