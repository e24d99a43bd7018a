"""Every fuzz target: its corpus replayed, then mutations of it, under the sanitizers of the build.

The programs are those of ENTENTE_PRESET; a crash leaves the input beside the test's log, and its name is in the failure.
"""

import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAMS = ROOT / "build" / os.environ.get("ENTENTE_PRESET", "asan") / "tests" / "fuzz"
TARGETS = sorted(path.stem.removeprefix("fuzz_") for path in HERE.glob("fuzz_*.cpp"))
MUTATIONS = 1_000_000 if os.environ.get("ENTENTE_LONG") == "1" else 20_000
KEPT = ROOT / "build" / "test-logs"


def test_every_target_has_seeds_and_every_corpus_a_target():
    corpora = {path.name for path in (HERE / "corpus").iterdir() if path.is_dir()}
    assert corpora == set(TARGETS)
    empty = [name for name in TARGETS if not any((HERE / "corpus" / name).iterdir())]
    assert not empty


@pytest.mark.parametrize("name", TARGETS)
def test_replay(name, tmp_path):
    program = PROGRAMS / f"fuzz_{name}"
    assert program.is_file(), f"{program} is not built"
    seed = 1 if MUTATIONS == 20_000 else int.from_bytes(os.urandom(4), "big")
    done = subprocess.run([program, HERE / "corpus" / name, "--mutations", str(MUTATIONS), "--seed", str(seed)], cwd=tmp_path, capture_output=True, text=True,
                          errors="replace", timeout=7200, check=False)
    if done.returncode != 0:
        failing = tmp_path / "fuzz-failure.bin"
        kept = KEPT / f"fuzz-failure-{name}.bin"
        if failing.exists():
            KEPT.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(failing.read_bytes())
        pytest.fail(f"{name} --seed {seed}: exit {done.returncode}, input in {kept.relative_to(ROOT)}\n{done.stdout[-1000:]}\n{done.stderr[-4000:]}")
