#!/usr/bin/env python3
"""Makes labelled folders for compare.py from the fixtures of other scanners. The files are theirs: fetch them, measure, do not commit.

    public.py presidio CHECKOUT FOLDER    the recognisers' tests of microsoft/presidio, read as text (nothing is run)
    public.py gitleaks FILE FOLDER        lines {"rule", "kind": "tp" or "fp", "text", "secret"} written by a gitleaks checkout whose
                                          cmd/generate/config/utils/validate.go was changed to print what Validate is given

Identifiers that are no secrets (client ids, public keys) are left out of the second.
"""

import ast
import json
import pathlib
import sys

GROUPS = {"credit_card": "payment_card", "email": "mail_address", "iban": "bank_account", "ip": "ip_address", "mac": "hardware_address"}
NATIONAL = ("us_ssn us_itin es_nif es_nie fi_personal_identity_code it_fiscal_code pl_pesel in_aadhaar uk_nino uk_nhs kr_rrn se_personnummer sg_fin "
            "de_tax_id tr_national_id ca_sin au_tfn").split()
PUBLIC = {"adobe-client-id", "asana-client-id", "bitbucket-client-id", "discord-client-id", "finicity-client-id", "linkedin-client-id", "looker-client-id",
          "messagebird-client-id", "plaid-client-id", "mailgun-pub-key", "lob-pub-api-key", "flutterwave-public-key", "sendbird-access-id",
          "new-relic-user-api-id", "sidekiq-sensitive-url", "jwt-base64", "sumologic-access-id", "microsoft-teams-webhook"}


def pairs(value):
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(one, int) for one in value):
        return [value]
    return [one for one in value if isinstance(one, tuple) and len(one) == 2 and all(isinstance(x, int) for x in one)] if isinstance(value, tuple) else []


def presidio(checkout):
    """(text, [(begin, end, code)]) of every parametrised case (text, how many, places...)."""
    for name, code in {**GROUPS, **{one: "national_id" for one in NATIONAL}}.items():
        path = pathlib.Path(checkout) / "presidio-analyzer" / "tests" / f"test_{name}_recognizer.py"
        for node in ast.walk(ast.parse(path.read_text())) if path.is_file() else ():
            if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "parametrize" and len(node.args) > 1 and isinstance(node.args[1], ast.List)):
                continue
            for element in node.args[1].elts:
                try:
                    case = ast.literal_eval(element)
                except ValueError:
                    continue
                if isinstance(case, tuple) and len(case) > 1 and isinstance(case[0], str) and type(case[1]) is int:
                    places = pairs(case[2]) if len(case) > 2 else []
                    if len(places) == case[1]:
                        yield case[0], [(len(case[0][:a].encode()), len(case[0][:b].encode()), code) for a, b in places]


def gitleaks(file):
    secrets = {}
    for line in pathlib.Path(file).read_text().splitlines():
        row = json.loads(line)
        if row["rule"] not in PUBLIC:
            secrets.setdefault(row["text"], set()).update([row["secret"]] if row.get("secret") else [])
    for text, found in secrets.items():
        places = sorted({(text.encode().find(one.encode()), len(one.encode())) for one in found})
        merged = []
        for begin, length in places:
            if merged and begin < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], begin + length), "assigned_secret")
            else:
                merged.append((begin, begin + length, "assigned_secret"))
        yield text, merged


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("presidio", "gitleaks"):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True)
    seen = set()
    with (folder / "labels.tsv").open("w") as labels:
        for text, places in (presidio if sys.argv[1] == "presidio" else gitleaks)(sys.argv[2]):
            if text in seen:
                continue
            seen.add(text)
            name = f"{len(seen):05}.txt"
            (folder / name).write_bytes(text.encode() + b"\n")
            labels.writelines(f"{name}\t{begin}\t{end}\t{code}\t1\n" for begin, end, code in places)
    print(f"{len(seen)} files in {folder}")


if __name__ == "__main__":
    main()
