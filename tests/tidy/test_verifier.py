"""No check of the verifier is there in vain: with any one of its conditions switched off, some export comes out differently
(tests/unit/audit_mutants.cpp)."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def test_every_condition_of_the_verifier_is_needed():
    program = ROOT / "build" / os.environ.get("ENTENTE_PRESET", "release") / "tests" / "unit" / "verifier_mutants"
    if not program.is_file():
        pytest.skip("verifier_mutants is not built")
    done = subprocess.run([program], capture_output=True, text=True, timeout=1800, check=False)
    print(done.stdout[-1000:])
    assert done.returncode == 0, done.stdout[-6000:]
