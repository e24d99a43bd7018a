#!/usr/bin/python3
"""Partner search over 1,000 companies with 5 departments each, through the running gateway over TLS: figures, and the promise that
95 of 100 answers come within 50 ms (exit code 1 when not).

    tests/bench/partner_search.py [COMPANIES]      ENTENTE_PRESET=release by default
"""

import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from support.gateway import Gateway  # noqa: E402
from support.world import World  # noqa: E402

NOUNS = ["Storage", "Network", "Database", "Backup", "Cloud", "Security", "Kernel", "Billing", "Printer", "Telemetry"]


def made_up(chance):
    return "".join(chance.choice("bcdfglmnprstv") + chance.choice("aeiou") for _ in range(4))


def main():
    companies = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    chance = random.Random(7)
    words = []
    with tempfile.TemporaryDirectory() as folder, Gateway(pathlib.Path(folder) / "gateway") as gateway:
        gateway.start()
        world = World(gateway)
        operator = world.operator
        asker = world.company("asker")
        begun = time.monotonic()
        for number in range(companies):
            name = made_up(chance)
            words.append(name)
            row = operator.post("/api/v1/companies", {"name": f"{name.capitalize()} {NOUNS[number % 10]} {number}", "domain": f"c{number}.example"}, judge=False, expect=201)
            product = f"{made_up(chance).upper()}-{number}"
            form = operator.post("/api/v1/forms", {"company": row["id"], "fields": [
                {"label": "Product", "section": "PROBLEM_SECTION", "type": "SELECT", "dataClass": "product", "options": [product, made_up(chance)]}]}, judge=False, expect=201)
            for at in range(5):
                tag = made_up(chance)
                words.append(tag)
                operator.post("/api/v1/departments", {"company": row["id"], "name": f"{NOUNS[(number + at) % 10]} {made_up(chance)}", "tags": [tag], "form": form["id"]}, judge=False, expect=201)
        print(f"{companies} companies, {5 * companies} departments made in {time.monotonic() - begun:.0f} s")
        took = []
        first = None
        for turn in range(400):
            word = chance.choice(words)
            typed = word if turn % 3 else word[:3] + word[4:]
            sentence = f"who could help us with {typed} and a broken storage array behind the network of our database"
            path = f"/v1/partners/{typed}" if turn % 4 == 0 else "/v1/partners/search?query=" + sentence.replace(" ", "+")
            began = time.monotonic()
            answer = asker.engineer.get(path, judge=False, expect=200)
            spent = (time.monotonic() - began) * 1000
            if first is None:
                first = spent  # this one made the index
                continue
            took.append(spent)
            assert answer.body is not None
        took.sort()
        p50, p95, p99 = (took[len(took) * part // 100] for part in (50, 95, 99))
        print(f"first search (makes the index) {first:.1f} ms; then p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms over {len(took)} searches")
        return 0 if p95 <= 50 else 1


if __name__ == "__main__":
    sys.exit(main())
