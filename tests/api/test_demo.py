"""deploy/demo says what must come out of each step and stops when anything else does: so playing it is a test of the whole story."""

import os
import subprocess

from support.gateway import program


def test_the_demo_comes_out_as_announced(root, tmp_path):
    played = subprocess.run([str(root / "deploy" / "demo"), "--program", str(program())], capture_output=True, text=True, timeout=600, check=False,
                            env={**os.environ, "TMPDIR": str(tmp_path), "NO_COLOR": "1"})
    assert played.returncode == 0, played.stdout[-4000:] + played.stderr[-4000:]
    assert "steps came out as announced" in played.stdout
    # The story of the customer is in it: asked by mail, narrowed, shown, withdrawn, frozen.
    for words in ("a mail scanner has opened the link three times", "narrowed: no contact data of persons", "every disclosure: when, to whom, which case", "the gate: frozen"):
        assert words in played.stdout, words
