"""Canaries: words that occur nowhere else, planted in every field of every company, and a ledger of who may see which.

A canary looks like a word of a made-up language (`qx` and ten letters), so that no detector takes it for a secret, it survives
folding of case, and one regular expression finds all of them in any text. The ledger knows who planted it and who may read it;
everything else that is read is a leak.
"""

import base64
import dataclasses
import hashlib
import re

WORD = re.compile(r"qx[a-z]{10}")
_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeiou"

EVERYBODY = "everybody"


@dataclasses.dataclass
class Planted:
    owner: str
    what: str
    readers: set


class Ledger:
    """Single-threaded: the tests of one process."""

    def __init__(self, seed="entente"):
        self._seed = seed
        self._planted = {}

    def word(self, owner, what, readers=()):
        """A new canary that only its owner and `readers` may see."""
        number = len(self._planted)
        digest = hashlib.sha256(f"{self._seed}/{number}/{owner}/{what}".encode()).digest()
        letters = "".join(_CONSONANTS[a % len(_CONSONANTS)] + _VOWELS[b % len(_VOWELS)] for a, b in zip(digest[0:10:2], digest[1:10:2]))
        canary = f"qx{letters}"
        assert canary not in self._planted
        self._planted[canary] = Planted(owner, what, {owner, *readers})
        return canary

    def release(self, text, *readers):
        """From now on these companies may read every canary of this text."""
        for canary in set(WORD.findall(text.lower())):
            if canary in self._planted:
                self._planted[canary].readers |= set(readers)

    def readers(self, canary):
        return self._planted[canary].readers

    def leaks(self, text, reader):
        """Sentences about canaries in the text that this reader may not see, also inside base64 and percent-encoding."""
        seen = set(WORD.findall(text.lower()))
        for piece in re.findall(r"[A-Za-z0-9+/_-]{24,}={0,2}", text):
            try:
                plain = base64.b64decode(piece.translate(str.maketrans("-_", "+/")) + "=" * (-len(piece) % 4))
            except ValueError:
                continue
            seen |= set(WORD.findall(plain.decode("latin-1").lower()))
        found = []
        for canary in sorted(seen):
            planted = self._planted.get(canary)
            if planted is not None and reader not in planted.readers and EVERYBODY not in planted.readers:
                found.append(f"{canary}: {planted.what} of {planted.owner} read by {reader}")
        return found

    def __len__(self):
        return len(self._planted)

    def of(self, owner):
        return [canary for canary, planted in self._planted.items() if planted.owner == owner]

    def all(self):
        return list(self._planted)
