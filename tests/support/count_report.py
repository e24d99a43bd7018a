#!/usr/bin/python3
"""Adds one XML report (GoogleTest or pytest) to the tally of tests/run.

A runner that died leaves no report, or one that stops early: then its exit code is the evidence and counts as one failure of its own.
"""

import argparse
import xml.etree.ElementTree as ElementTree


def cases_of(path):
    """(name, outcome, first line of the reason) of every test case in the report."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname', '')}.{case.get('name', '')}"
        bad = case.find("failure")
        if bad is None:
            bad = case.find("error")
        if bad is not None:
            text = (bad.get("message") or bad.text or "").strip().splitlines()
            yield name, "failed", text[0][:200] if text else ""
        elif case.find("skipped") is not None or case.get("result") in ("skipped", "suppressed") or case.get("status") == "notrun":
            yield name, "skipped", ""
        else:
            yield name, "passed", ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("group", "label", "report", "log", "failures", "results"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--exit-code", type=int, required=True)
    args = parser.parse_args()

    counts = {"passed": 0, "failed": 0, "skipped": 0}
    lines = []
    try:
        for name, outcome, reason in cases_of(args.report):
            counts[outcome] += 1
            if outcome == "failed":
                lines.append(f"{args.group}: {name}: {reason}" if reason else f"{args.group}: {name}")
    except (OSError, ElementTree.ParseError) as problem:
        counts["failed"] += 1
        lines.append(f"{args.group}: {args.label} left no readable report ({problem.__class__.__name__}), exit code {args.exit_code}, see {args.log}")
    if args.exit_code != 0 and counts["failed"] == 0:
        counts["failed"] += 1
        lines.append(f"{args.group}: {args.label} ended with exit code {args.exit_code}, see {args.log}")
    if sum(counts.values()) == 0:
        counts["failed"] += 1
        lines.append(f"{args.group}: {args.label} ran no test, see {args.log}")

    with open(args.failures, "a", encoding="utf-8") as out:
        out.writelines(line + "\n" for line in lines)
    with open(args.results, "a", encoding="utf-8") as out:
        out.write(f"{args.group}\t{counts['passed']}\t{counts['failed']}\t{counts['skipped']}\n")


if __name__ == "__main__":
    main()
