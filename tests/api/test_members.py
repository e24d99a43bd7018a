"""The members of the own API's bodies, both ways: what the document names is read by the gateway, and what the gateway reads is in the
document.

That a member is read is seen by giving it a value of a wrong kind: the refusal points at it. Such a body is refused before anybody asks
who the caller is, so this needs no case and no person. What cannot be seen so is listed below with its reason.
"""

import json
import pathlib
import re

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DOCUMENT = yaml.safe_load((ROOT / "protocol" / "openapi" / "entente.openapi.yaml").read_text(encoding="utf-8"))
WRONG = {"a": ["value of no kind that is wanted"]}
# Laid over the object as it is now, so that they are read in the transaction; their own tests cover them.
MERGED = {"changeCase"}
# Read only beside another member, which is then sent along.
BESIDE = {"setAttachmentTarget": {"domain": "files.vendor.example"}}


def resolved(schema):
    while "$ref" in schema:
        node = DOCUMENT
        for part in schema["$ref"][2:].split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        schema = node
    return schema


def alternatives(schema):
    schema = resolved(schema)
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return [each for part in schema[word] for each in alternatives(part)]
    if "allOf" in schema:
        merged = {"type": "object", "properties": {}}
        for part in schema["allOf"]:
            for each in alternatives(part):
                merged["properties"] |= each.get("properties", {})
        return [merged]
    return [schema]


def kinds(schema):
    kind = schema.get("type", "object" if "properties" in schema else None)
    return set(kind) if isinstance(kind, list) else {kind}


def words_of(schema):
    """How the members that say which kind of thing is meant may be filled: every combination that matters, one word after the other."""
    choices = {name: resolved(member)["enum"] for name, member in schema.get("properties", {}).items() if name in ("kind", "type") and "enum" in resolved(member)}
    constants = {name: resolved(member)["const"] for name, member in schema.get("properties", {}).items() if "const" in resolved(member)}
    return [constants] + [{**constants, name: word} for name, words in choices.items() for word in words]


def wrong_bodies(schema, depth=0):
    """{pointer: bodies} for every member: bodies in which this member alone has a value of a wrong kind, one for each kind of thing."""
    found = {}

    def add(pointer, body):
        found.setdefault(pointer, []).append(body)

    for one in alternatives(schema):
        for name, member in one.get("properties", {}).items():
            if resolved(member).get("readOnly") or member.get("readOnly"):
                continue
            options = alternatives(member)
            objects = any("object" in kinds(each) for each in options)
            inner = []
            for each in options if depth < 3 else []:
                if "object" in kinds(each):
                    inner += [(f"/{name}{pointer}", body) for pointer, many in wrong_bodies(each, depth + 1).items() for body in many]
                if "array" in kinds(each) and "items" in each:
                    inner += [(f"/{name}/0{pointer}", [body]) for pointer, many in wrong_bodies(each["items"], depth + 1).items() for body in many]
            for tag in words_of(one):
                if name not in tag:
                    add(f"/{name}", {**tag, name: "a word" if objects else WRONG})
                for pointer, body in inner:
                    add(pointer, {**tag, name: body})
    return found


def bodies():
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method not in ("post", "put", "patch") or not path.startswith("/api/v1/"):
                continue
            schema = resolved(operation.get("requestBody", {})).get("content", {}).get("application/json", {}).get("schema")
            if schema is not None:
                yield pytest.param(method, path, operation["operationId"], schema, id=operation["operationId"])


@pytest.mark.parametrize("method, path, name, schema", bodies())
def test_every_member_of_the_document_is_read(world, halden, method, path, name, schema):
    if name in MERGED:
        pytest.skip("read against the object as it is")
    target = re.sub(r"\{\w+\}", "1", path)
    unread = []
    for pointer, many in wrong_bodies(schema).items():
        for body in [*many, *({**BESIDE.get(name, {}), **body} for body in many)]:
            answer = halden.engineer.request(method.upper(), target, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}, judge=False)
            pointed = [violation["pointer"] for violation in (answer.body or {}).get("violations", [])] if answer.status == 400 else []
            if any(found == pointer or found.startswith(pointer + "/") for found in pointed):
                break
        else:
            unread.append(pointer)
    assert not unread, unread


def named(schema, seen=frozenset()):
    if "$ref" in schema:
        if schema["$ref"] in seen:
            return set()
        seen |= {schema["$ref"]}
        schema = resolved(schema)
    found = set(schema.get("properties", {}))
    for member in schema.get("properties", {}).values():
        found |= named(member, seen)
    for word in ("oneOf", "anyOf", "allOf"):
        for part in schema.get(word, []):
            found |= named(part, seen)
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            found |= named(schema[word], seen)
    return found


READ = re.compile(r'\b\w+(?:\.|->)(?:text|maybe_text|secret|integer|boolean|instant|choice|choices|object|objects|texts|integers|has)(?:<\w+>)?\(\s*"(\w+)"'
                  r'|\bread_\w+\(\s*\w+,\s*"(\w+)"')


def test_every_member_that_a_decoder_reads_is_in_the_document():
    documented = set()
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            for content in resolved(operation.get("requestBody", {}) if isinstance(operation, dict) else {}).get("content", {}).values():
                documented |= named(content.get("schema", {}))
            # Members of a query are read alike.
            if isinstance(operation, dict):
                documented |= {resolved(parameter)["name"] for parameter in operation.get("parameters", [])}
    unknown = {}
    files = sorted({*(ROOT / "server" / "api").glob("native_*.cpp"), *(ROOT / "server" / "api").glob("webhooks_json.cpp")})
    assert len(files) > 20
    for file in files:
        for found in READ.finditer(file.read_text(encoding="utf-8")):
            member = found.group(1) or found.group(2)
            if member not in documented:
                unknown.setdefault(member, file.name)
    assert not unknown, f"add them to the request bodies of the document: {unknown}"
