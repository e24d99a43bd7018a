"""The standing map names what the sources have: every operation and reason code of it is written somewhere, and beginnings begin something."""

import re

import sources

MAP = sources.ROOT / "server" / "operations" / "evidence_controls.cpp"
SHOWN = sources.ROOT / "server" / "operations" / "readers.hpp"  # the operations that disclose, which the map takes over
# Parts of the log that are made from parts of a name.
COMPOSED = {"webhook.send", "mail.send", "letter.send", "mail.content.send"}


def patterns():
    text = MAP.read_text(encoding="utf-8") + SHOWN.read_text(encoding="utf-8")
    text = re.sub(r'"\s*\\?\n?\s*"', "", text)  # literals that stand side by side
    found = {word for literal in re.findall(r'"((?:[!@]?[a-z_]+(?:\.[a-z_]+|\.?\*)*[ "])+)', text) for word in literal.strip('"').split()}
    return {word for word in found if word.startswith("@") or "." in word}


def literals():
    """Every quoted word of the server, except of the map itself."""
    words = set()
    for path in sources.cpp_files("server", "policy", "protocol"):
        if sources.ROOT / path != MAP:
            words.update(re.findall(r'"([a-z_.]+)"', (sources.ROOT / path).read_text(encoding="utf-8")))
    return words


def test_every_pattern_can_match_something():
    known, missing = literals(), []
    for pattern in sorted(patterns()):
        word = pattern.lstrip("!@").removesuffix(".repeat")
        if word in COMPOSED or word in known:
            continue
        if word.endswith(".*") and any(one.startswith(word[:-1]) for one in known):
            continue
        missing.append(pattern)
    assert len(patterns()) > 80
    assert not missing, missing
