"""Makes schema-1.8.0.json of a checkout of https://github.com/ocsf/ocsf-schema (Apache-2.0) at tag 1.8.0: what our events use of it.

    python3 extract.py CHECKOUT > schema-1.8.0.json
"""

import glob
import json
import os
import sys

CLASSES = {0: "base_event", 2004: "detection_finding", 3001: "account_change", 3002: "authentication", 3004: "entity_management", 4002: "http_activity",
           6002: "application_lifecycle", 6003: "api_activity", 6005: "datastore_activity"}
OBJECTS = ("actor", "api", "finding_info", "group", "http_request", "managed_entity", "metadata", "network_endpoint", "organization", "product", "resource_details",
           "service", "table", "user")
COMPUTED = ("category_uid", "class_uid", "type_uid")  # by rule: support/ocsf/__init__.py
PROFILES = ("security_control",)


class Schema:
    def __init__(self, folder):
        self.folder = folder
        self.dictionary = self.load("dictionary.json")
        self.objects = self.by_name("objects/*.json")
        self.events = self.by_name("events/**/*.json")

    def load(self, path):
        with open(os.path.join(self.folder, path), encoding="utf-8") as file:
            return json.load(file)

    def by_name(self, pattern):
        found = {}
        for path in glob.glob(os.path.join(self.folder, pattern), recursive=True):
            one = self.load(os.path.relpath(path, self.folder))
            found[os.path.basename(path)[:-5]] = one
        return found

    def attributes(self, one, among):
        """Of it and of all that it extends: (attributes, constraints)."""
        above = one.get("extends")
        known, constraints = self.attributes(among[above], among) if above in among and among[above] is not one else ({}, {})
        own = dict(one.get("attributes", {}))
        included = own.pop("$include", [])
        for path in [included] if isinstance(included, str) else included:
            profile = self.load(path)
            for name, facts in profile.get("attributes", {}).items():
                if isinstance(facts, dict):
                    known[name] = {**known.get(name, {}), **facts, **({"profile": profile["name"]} if profile.get("meta") == "profile" else {})}
        for name, facts in own.items():
            before = {key: value for key, value in known.get(name, {}).items() if key != "profile"}
            known[name] = {**before, **facts, "enum": {**known.get(name, {}).get("enum", {}), **facts.get("enum", {})}}
        return known, {**constraints, **one.get("constraints", {})}

    def type_of(self, name):
        """(type, object): what a value is."""
        entry = self.dictionary["attributes"][name]
        kind = entry["type"]
        if kind in self.dictionary["types"]["attributes"]:
            return self.dictionary["types"]["attributes"][kind].get("type", kind), None
        return "object", kind

    def small(self, one, among):
        attributes, constraints = self.attributes(one, among)
        out = {}
        for name, facts in sorted(attributes.items()):
            if facts.get("profile") not in (None, *PROFILES):
                continue
            kind, of = self.type_of(name)
            if of and of not in OBJECTS and name != "unmapped":
                continue  # our events have none of it
            entry = self.dictionary["attributes"][name]
            values = {} if name in COMPUTED else {**entry.get("enum", {}), **facts.get("enum", {})}
            out[name] = {"type": kind, **({"object": of} if of in OBJECTS else {}), **({"array": True} if entry.get("is_array") else {}),
                         **({"required": True} if facts.get("requirement") == "required" else {}), **({"profile": facts["profile"]} if facts.get("profile") else {}),
                         **({"enum": [int(value) if kind == "integer_t" else value for value in sorted(values)]} if values else {})}
        return {"attributes": out, "constraints": constraints}


def main():
    schema = Schema(sys.argv[1])
    extract = {"source": "github.com/ocsf/ocsf-schema, tag 1.8.0, Apache-2.0; by extract.py",
               "classes": {str(uid): schema.small(schema.events[name], schema.events) for uid, name in CLASSES.items()},
               "objects": {name: schema.small(schema.objects[name], schema.objects) for name in OBJECTS}}
    json.dump(extract, sys.stdout, indent=1, sort_keys=True)
    print()


main()
