"""The document's limits are the decoders': each request body is sent just inside and just outside of what the document allows.

For every write, a body that fits the document is made from its schema; then one member after the other is left out, made one too long,
one too many, of the wrong type, or a word that is none of the enumeration. The server must name exactly that member. At the limit itself
it must not complain of it. The callers may do none of these things, so nothing happens: bodies are judged before rights.
"""

import copy
import re

import pytest

from support.client import PROBLEM_MODE

# Bodies that are judged against something stored first, or are no JSON object of members.
LATER = {"changeCase"}
# Members that are read only when another member asks for them: which kind of credential decides which of its parts counts.
CONDITIONAL = {"callbackAuth"}
LONGEST = 70_000


class Shape:
    """Schemas with their references followed and null taken out of the choices."""

    def __init__(self, document):
        self.document = document

    def resolve(self, schema):
        while True:
            if "$ref" in schema:
                node = self.document
                for part in schema["$ref"][2:].split("/"):
                    node = node[part]
                schema = {**node, **{k: v for k, v in schema.items() if k != "$ref"}}
            elif "anyOf" in schema:
                schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
            else:
                return schema

    def types(self, schema):
        kinds = schema.get("type", "object")
        return [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind != "null"]

    def sample(self, schema):
        schema = self.resolve(schema)
        if "oneOf" in schema:
            return self.sample(schema["oneOf"][0])
        if "const" in schema:
            return schema["const"]
        kind = self.types(schema)[0]
        if "enum" in schema:
            return next(each for each in schema["enum"] if each is not None)
        if kind == "object":
            members = schema.get("properties", {})
            return {name: self.sample(members[name]) for name in schema.get("required", []) if name in members}
        if kind == "array":
            return [self.sample(schema["items"]) for _ in range(schema.get("minItems", 0))]
        if kind == "integer":
            return schema.get("minimum", 1)
        if kind == "boolean":
            return True
        if schema.get("format") == "date-time":
            return "2030-05-04T09:30:00Z"
        pattern = schema.get("pattern", "")
        if "0-9a-f" in pattern:
            return "a" * 64
        return "sample@sample.example" if "mail" in schema.get("description", "").lower() else "sample.example"

    def members(self, schema, place=()):
        """(path, schema, is required) of every member that a request may set."""
        schema = self.resolve(schema)
        for name, member in schema.get("properties", {}).items():
            if member.get("readOnly"):
                continue
            member = self.resolve(member)
            yield (*place, name), member, name in schema.get("required", [])
            kind = self.types(member)[0] if "oneOf" not in member else "object"
            if kind == "object":
                yield from self.members(member, (*place, name))
            elif kind == "array":
                items = self.resolve(member["items"])
                if "properties" in items:
                    yield from self.members(items, (*place, name, 0))


def place_in(body, path, value, shape, schema, delete=False):
    """A copy of the body with a value at the path; what is missing on the way is made from the schema."""
    body = copy.deepcopy(body)
    node, at = body, shape.resolve(schema)
    for step, following in zip(path, path[1:]):
        if step == 0:
            if not node:
                node.append(shape.sample(at["items"]))
            node, at = node[0], shape.resolve(at["items"])
            continue
        at = shape.resolve(at["properties"][step])
        if not node.get(step):
            node[step] = [] if following == 0 else shape.sample(at)
        node = node[step]
    if delete:
        node.pop(path[-1], None)
    else:
        node[path[-1]] = value
    return body


def outside(shape, member, required):
    """(what is wrong, a value that is outside)."""
    kind = shape.types(member)[0]
    if required:
        yield "left out", None
    if "enum" in member and kind == "string":
        yield "no word of the enumeration", "no-such-word"
    if kind == "string":
        yield "of the wrong type", {"no": "text"}
        if "maxLength" in member and member["maxLength"] < LONGEST:
            yield "one too long", "x" * (member["maxLength"] + 1)
        if member.get("minLength") and required:
            yield "blank", ""
    if kind == "integer" and shape.types(member) == ["integer"]:
        yield "of the wrong type", "twelve"
        if "maximum" in member:
            yield "above the maximum", member["maximum"] + 1
        if "minimum" in member:
            yield "below the minimum", member["minimum"] - 1
    if kind == "boolean":
        yield "of the wrong type", "yes"
    if kind == "array":
        yield "of the wrong type", "none"
        if member.get("maxItems", 10_000) <= 1_000:
            yield "one too many", [shape.sample(member["items"])] * (member["maxItems"] + 1)


def bodies(shape, operation):
    content = operation.get("requestBody", {})
    content = shape.resolve(content) if content else {}
    schema = content.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return
    schema = shape.resolve(schema)
    for one in schema.get("oneOf", [schema]):
        yield shape.resolve(one)


def operations(world):
    for (method, template), operation in sorted(world.contract.operations.items()):
        if operation["operationId"] not in LATER and operation.get("security") != []:
            yield method, template, operation


def target(template):
    return re.sub(r"\{(\w+)\}", lambda match: "A" * 20 if match.group(1) == "token" else "1", template)


def pointers(answer):
    return {violation["pointer"] for violation in (answer.body or {}).get("violations", [])} if answer.status == 400 else set()


@pytest.fixture(scope="module")
def nobody_special(world):
    """May sign in and read the directory, and do none of the writes."""
    return world.dorn.auditor


def test_what_the_document_forbids_is_refused_by_name(world, nobody_special):
    shape, wrong = Shape(world.contract.document), []
    for method, template, operation in operations(world):
        for schema in bodies(shape, operation):
            sample = shape.sample(schema)
            for path, member, required in shape.members(schema):
                if "oneOf" in member or (len(path) > 1 and path[0] in CONDITIONAL):
                    continue
                for what, value in outside(shape, member, required):
                    body = place_in(sample, path, value, shape, schema, delete=value is None)
                    answer = nobody_special.request(method, target(template), json=body, accept=PROBLEM_MODE, judge=False)
                    pointer = "/" + "/".join(map(str, path))
                    if not any(found == pointer or found.startswith(pointer + "/") for found in pointers(answer)):
                        wrong.append(f"{operation['operationId']} {pointer} {what}: {answer.status} {sorted(pointers(answer))}")
    assert not wrong, f"{len(wrong)} limits of the document are not the server's:\n" + "\n".join(wrong)


def test_what_the_document_allows_is_not_refused(world, nobody_special):
    shape, wrong = Shape(world.contract.document), []
    for method, template, operation in operations(world):
        for schema in bodies(shape, operation):
            sample = shape.sample(schema)
            for path, member, _ in shape.members(schema):
                kind = shape.types(member)[0] if "oneOf" not in member else "object"
                if kind != "string" or "maxLength" not in member or member["maxLength"] >= LONGEST or "pattern" in member or "enum" in member:
                    continue
                body = place_in(sample, path, "x" * member["maxLength"], shape, schema)
                answer = nobody_special.request(method, target(template), json=body, accept=PROBLEM_MODE, judge=False)
                found = [v for v in (answer.body or {}).get("violations", []) if v["pointer"] == "/" + "/".join(map(str, path)) and v["code"] == "too_long"]
                if found:
                    wrong.append(f"{operation['operationId']} {'/'.join(map(str, path))}: {found[0]['message']}, the document says {member['maxLength']}")
    assert not wrong, "\n".join(wrong)


def test_limits_of_parameters(world, halden):
    """Numbers and enumerations in query strings of the own API: one outside of each is refused by name."""
    shape, wrong = Shape(world.contract.document), []
    for (method, template), operation in sorted(world.contract.operations.items()):
        if method != "GET" or not template.startswith("/api/"):
            continue
        for parameter in operation.get("parameters", []):
            parameter = shape.resolve(parameter)
            schema = shape.resolve(parameter["schema"])
            if parameter["in"] != "query":
                continue
            values = ["no-such-word"] if "enum" in schema else []
            if schema.get("maximum", 2**31) < 2**31 - 1:
                values.append(str(schema["maximum"] + 1))
            for value in values:
                answer = halden.engineer.request(method, f"{target(template)}?{parameter['name']}={value}", judge=False)
                # A list that this caller may not see, or of a thing that does not exist, says that first.
                if answer.status not in (403, 404) and f"/{parameter['name']}" not in pointers(answer):
                    wrong.append(f"{operation['operationId']} {parameter['name']}={value}: {answer.status} {sorted(pointers(answer))}")
    assert not wrong, "\n".join(wrong)


def test_the_size_of_a_body_is_the_documents(world, halden):
    assert "1 MiB" in world.contract.document["info"]["description"]
    filler = b'{"summary": "' + b"x" * (1024 * 1024) + b'"}'
    assert halden.engineer.request("POST", "/api/v1/cases", data=filler, expect=413).code == "body_too_large"
