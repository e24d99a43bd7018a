#!/usr/bin/env python3
"""Recall, precision and F1 of the detectors beside gitleaks and Presidio on the same labelled files.

    compare.py FOLDER --measure build/release/tests/measure/measure [--gitleaks PATH] [--presidio]

FOLDER holds text files and labels.tsv (file, begin, end, code, formatted), as `measure emit` or public.py write it. Presidio is asked
with its patterns alone (an empty language model) and needs the package presidio-analyzer in this Python. All three are judged alike: a
label is found when a finding of its group touches it, a finding is right when it touches a label of its group, findings on labels of other
groups count neither way.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import tempfile

GROUPS = {
    "mail_address": "mail", "phone_number": "phone", "person_name": "person", "bank_account": "account", "payment_card": "card", "national_id": "national_id",
    "host_name": "host", "internal_url": "host", "ip_address": "address", "hardware_address": "hardware", "serial_number": "serial",
    "customer_name": "customer", "known_name": "customer",
}
PRESIDIO = {
    "EMAIL_ADDRESS": "mail", "PHONE_NUMBER": "phone", "IBAN_CODE": "account", "CREDIT_CARD": "card", "IP_ADDRESS": "address", "MAC_ADDRESS": "hardware",
    "US_SSN": "national_id", "US_ITIN": "national_id", "UK_NHS": "national_id", "UK_NINO": "national_id", "ES_NIF": "national_id", "ES_NIE": "national_id",
    "IT_FISCAL_CODE": "national_id", "PL_PESEL": "national_id", "SG_NRIC_FIN": "national_id", "AU_TFN": "national_id", "AU_MEDICARE": "national_id",
    "IN_AADHAAR": "national_id", "IN_PAN": "national_id", "FI_PERSONAL_IDENTITY_CODE": "national_id", "KR_RRN": "national_id", "SE_PERSONNUMMER": "national_id",
    "DE_TAX_ID": "national_id", "TR_NATIONAL_ID": "national_id", "CA_SIN": "national_id", "ES_PASSPORT": "national_id",
}


def group(code):
    return GROUPS.get(code, "secret")


def read_labels(folder):
    labels = collections.defaultdict(list)
    for line in (folder / "labels.tsv").read_text().splitlines():
        name, begin, end, code, _ = line.split("\t")
        labels[name].append((int(begin), int(end), group(code)))
    return labels


def ours(folder, files, program):
    found = collections.defaultdict(list)
    for start in range(0, len(files), 500):
        out = subprocess.run([program, "scan", *map(str, files[start:start + 500])], check=True, capture_output=True).stdout.decode("utf-8", "replace")
        for line in out.splitlines():
            path, begin, end, code = line.split("\t")
            found[pathlib.Path(path).name].append((int(begin), int(end), group(code)))
    return found


def gitleaks(folder, files, program):
    found = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as scratch:
        report = pathlib.Path(scratch) / "report.json"
        subprocess.run([program, "dir", str(folder), "--no-banner", "--exit-code", "0", "-f", "json", "-r", str(report)], check=True, capture_output=True)
        for one in json.loads(report.read_text()):
            path = pathlib.Path(one["File"])
            secret = one["Secret"].encode()
            text = path.read_bytes()
            line = sum(len(part) + 1 for part in text.split(b"\n")[: one["StartLine"] - 1])
            at = text.find(secret, max(0, line - 1))
            if path.name != "labels.tsv" and at >= 0 and secret:
                found[path.name].append((at, at + len(secret), "secret"))
    return found


def presidio(folder, files, _):
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpEngine, NlpArtifacts

    class NoModel(NlpEngine):
        """Words from a blank pipeline; no model, so no names and no lemmas."""

        def __init__(self):
            self.nlp = spacy.blank("en")

        def load(self):
            pass

        def is_loaded(self):
            return True

        def process_text(self, text, language):
            doc = self.nlp(text)
            return NlpArtifacts(entities=[], tokens=doc, tokens_indices=[t.idx for t in doc], lemmas=[t.text.lower() for t in doc], nlp_engine=self, language=language)

        def process_batch(self, texts, language, **_):
            return ((text, self.process_text(text, language)) for text in texts)

        def is_stopword(self, word, language):
            return False

        def is_punct(self, word, language):
            return not word.isalnum()

        def get_supported_entities(self):
            return []

        def get_supported_languages(self):
            return ["en"]

    import presidio_analyzer.predefined_recognizers as predefined

    registry = RecognizerRegistry(supported_languages=["en"])
    for name in dir(predefined):
        kind = getattr(predefined, name)
        if not isinstance(kind, type) or not name.endswith("Recognizer"):
            continue
        try:
            recognizer = kind(supported_language="en")
        except Exception:
            continue
        if any(entity in PRESIDIO for entity in recognizer.supported_entities):
            registry.add_recognizer(recognizer)
    engine = AnalyzerEngine(registry=registry, nlp_engine=NoModel(), supported_languages=["en"])
    found = collections.defaultdict(list)
    for path in files:
        text = path.read_bytes().decode("utf-8", "replace")
        for one in engine.analyze(text, language="en", score_threshold=0.35):
            if one.entity_type in PRESIDIO:
                begin, end = len(text[: one.start].encode()), len(text[: one.end].encode())
                found[path.name].append((begin, end, PRESIDIO[one.entity_type]))
    return found


def judge(labels, found, files, groups):
    rows = {name: [0, 0, 0, 0] for name in groups}  # labels, found, findings, right
    for path in files:
        here, those = labels[path.name], found[path.name]
        for begin, end, name in here:
            if name in rows:
                rows[name][0] += 1
                rows[name][1] += any(g == name and b < end and e > begin for b, e, g in those)
        for begin, end, name in those:
            if name not in rows:
                continue
            touched = [g for b, e, g in here if b < end and e > begin]
            if touched and name not in touched:
                continue
            rows[name][2] += 1
            rows[name][3] += name in touched
    return rows


def main():
    words = argparse.ArgumentParser()
    words.add_argument("folder", type=pathlib.Path)
    words.add_argument("--measure", required=True)
    words.add_argument("--gitleaks")
    words.add_argument("--presidio", action="store_true")
    words = words.parse_args()
    files = sorted(path for path in words.folder.glob("*.txt"))
    labels = read_labels(words.folder)
    every = sorted({name for here in labels.values() for _, _, name in here})
    scanners = [("ours", ours, words.measure, every)]
    if words.gitleaks:
        scanners.append(("gitleaks", gitleaks, words.gitleaks, ["secret"]))
    if words.presidio:
        scanners.append(("presidio", presidio, None, [name for name in every if name in set(PRESIDIO.values())]))
    print("| Group | scanner | labels | recall | precision | F1 |\n|---|---|---|---|---|---|")
    lines = []
    for name, scan, program, groups in scanners:
        rows = judge(labels, scan(words.folder, files, program), files, groups)
        rows["all of these"] = [sum(column) for column in zip(*rows.values())]
        for what, (count, hit, findings, right) in rows.items():
            recall, precision = hit / count if count else 1.0, right / findings if findings else 1.0
            f1 = 2 * recall * precision / (recall + precision) if recall + precision else 0.0
            lines.append((what == "all of these", what, f"| {what} | {name} | {count} | {recall:.4f} | {precision:.4f} | {f1:.4f} |"))
    for *_, line in sorted(lines, key=lambda row: row[:2]):
        print(line)


if __name__ == "__main__":
    main()
