"""Is an event valid OCSF 1.8.0? The schema beside it is an extract of the published one (extract.py)."""

import json
import pathlib

SCHEMA = json.loads((pathlib.Path(__file__).parent / "schema-1.8.0.json").read_text(encoding="utf-8"))
TYPES = {"string_t": str, "integer_t": int, "long_t": int, "boolean_t": bool, "object": dict, "float_t": float}


def _value(facts, value, where):
    wanted = TYPES[facts["type"]]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        yield f"{where} is {type(value).__name__}, not {facts['type']}"
    elif "enum" in facts and value not in facts["enum"]:
        yield f"{where} is {value!r}, none of its enumeration"
    elif "object" in facts:
        yield from _object(SCHEMA["objects"][facts["object"]], value, where, ())


def _object(schema, value, where, profiles):
    known = {name: facts for name, facts in schema["attributes"].items() if facts.get("profile") is None or facts["profile"] in profiles}
    for name, one in value.items():
        place = f"{where}.{name}" if where else name
        if name not in known:
            yield f"{place} has no place in the schema"
        elif known[name].get("array"):
            if not isinstance(one, list):
                yield f"{place} is no array"
                continue
            for at, item in enumerate(one):
                yield from _value(known[name], item, f"{place}[{at}]")
        else:
            yield from _value(known[name], one, place)
    for name, facts in known.items():
        if facts.get("required") and name not in value:
            yield f"{where or 'the event'} lacks {name}"
    choice = schema["constraints"].get("at_least_one")
    if choice and not set(choice) & set(value):
        yield f"{where or 'the event'} has none of {', '.join(choice)}"


def complaints(event):
    """What the schema has against it: nothing, if it is valid."""
    schema = SCHEMA["classes"].get(str(event.get("class_uid")))
    if schema is None:
        return [f"class {event.get('class_uid')} is none of ours"]
    found = list(_object(schema, event, "", event.get("metadata", {}).get("profiles", ())))
    if event.get("category_uid") != event["class_uid"] // 1000:
        found.append("category_uid is not that of the class")
    if event.get("type_uid") != event["class_uid"] * 100 + event.get("activity_id", -1):
        found.append("type_uid is not class_uid * 100 + activity_id")
    return found
