"""Random requests made from the OpenAPI document against the running gateway: no answer outside of the document, no 5xx in problem
mode (a fault of an operation would be 503), no canary of another company. Bodies are near the schema and far from it; ids are real ones, foreign ones and invented ones.

The seed is printed by hypothesis; ENTENTE_LONG=1 asks many more.
"""

import os
import urllib.parse

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from support.client import LEGACY_MODE, PROBLEM_MODE, PROBLEM_ONLY
from support.world import World

LONG = os.environ.get("ENTENTE_LONG") == "1"
EXAMPLES = 40 if LONG else 3
METHODS = ("get", "post", "put", "patch", "delete")
# Signing out or ending the caller would only end the test; verification of the log is its own group's.
LEFT_ALONE = {("DELETE", "/api/v1/session"), ("POST", "/v1/login"), ("POST", "/{tenant}/oauth2/v2.0/token"), ("POST", "/api/v1/audit/verification"), ("GET", "/api/v1/events")}

TEXT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=40)
ODD = st.one_of(st.none(), st.booleans(), st.integers(-2**70, 2**70), st.floats(allow_nan=False, allow_infinity=False), TEXT,
                st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=8), st.integers(), max_size=3))


def from_schema(document, schema, depth=0):
    """Values for a schema: mostly fitting, sometimes anything."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return from_schema(document, document["components"]["schemas"][name], depth)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return st.one_of([from_schema(document, one, depth) for one in schema[several]])
    if "enum" in schema:
        return st.one_of(st.sampled_from(schema["enum"]), TEXT)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if depth > 4:
        return st.none()
    if kind == "object":
        members = {name: st.one_of(from_schema(document, value, depth + 1), ODD) if depth < 2 else from_schema(document, value, depth + 1)
                   for name, value in schema.get("properties", {}).items()}
        required = {name: members[name] for name in schema.get("required", []) if name in members}
        return st.fixed_dictionaries(required, optional={name: value for name, value in members.items() if name not in required})
    if kind == "array":
        return st.lists(from_schema(document, schema.get("items", {}), depth + 1), max_size=3)
    if kind == "integer":
        return st.integers(max(schema.get("minimum", -5), -2**31), min(schema.get("maximum", 2**31), 2**31))
    if kind == "number":
        return st.floats(allow_nan=False, allow_infinity=False)
    if kind == "boolean":
        return st.booleans()
    if schema.get("format") == "date-time":
        return st.sampled_from(["2030-05-04T09:30:00Z", "2030-05-04T09:30:00.123456789+02:00", "2030-05-04", "yesterday", ""])
    return st.one_of(TEXT, st.sampled_from(["", " ", "\u202e", "a" * 600, "<b>x</b>", "a@b.example", "https://x.example/"]))


def operations():
    from support import contract
    document = contract.Contract().document
    found = []
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item and (method.upper(), path) not in LEFT_ALONE:
                found.append((method.upper(), path, item[method], item.get("parameters", [])))
    return document, found


DOCUMENT, OPERATIONS = operations()


def parameter(value):
    return DOCUMENT["components"]["parameters"][value["$ref"].rsplit("/", 1)[1]] if "$ref" in value else value


@pytest.fixture(scope="module")
def arena(private_gateway):
    """A gateway of its own: these requests hide companies, retire forms and end people."""
    world = World(private_gateway(), "fuzz")
    world.halden, world.dorn = world.company("halden"), world.company("dorn")
    world.brightwell = world.company("brightwell", departments=("Networking",))
    world.agreement(world.halden, world.brightwell)
    world.harbour = world.halden.customer("harbour")
    world.halden.authorize(world.harbour, [world.brightwell])
    case = world.open_case(world.halden, world.brightwell, world.harbour)
    world.callers = [world.halden.engineer, world.halden.administrator, world.dorn.engineer]
    world.known = [case.token, world.halden.id, world.brightwell.id, world.brightwell.form["id"], world.harbour.id, world.dorn.id, 1, 2**31 - 1, "NoSuchToken1234567"]
    yield world
    complaints = world.contract.complaints()
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("method, path, operation, shared", OPERATIONS, ids=[f"{method} {path}" for method, path, *_ in OPERATIONS])
def test_any_request_is_answered_as_the_document_says(arena, method, path, operation, shared):
    parameters = [parameter(value) for value in [*shared, *operation.get("parameters", [])]]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")

    @seed(int(os.environ.get("ENTENTE_SEED", "20301")))
    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=False, print_blob=False,
              suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate))
    @given(st.data())
    def run(data):
        target = path
        for value in parameters:
            if value["in"] == "path":
                text = data.draw(st.one_of(st.sampled_from(arena.known), TEXT), label=value["name"])
                target = target.replace("{" + value["name"] + "}", urllib.parse.quote(str(text), safe="") or "x")
        query = {value["name"]: data.draw(st.one_of(from_schema(DOCUMENT, value["schema"]), TEXT), label=value["name"])
                 for value in parameters if value["in"] == "query" and data.draw(st.booleans())}
        query.pop("wait", None)  # a long poll waits as long as it is asked to
        if query:
            target += "?" + urllib.parse.urlencode({name: str(value) for name, value in query.items()})
        sent = data.draw(st.one_of(from_schema(DOCUMENT, body), ODD), label="body") if body else None
        accept = data.draw(st.sampled_from([PROBLEM_MODE, PROBLEM_MODE, LEGACY_MODE, PROBLEM_ONLY, None]))
        caller = data.draw(st.sampled_from(arena.callers))
        answer = caller.request(method, target, json=sent, accept=accept)
        problem = accept in (PROBLEM_MODE, PROBLEM_ONLY) or path.startswith("/api/")
        assert answer.status < 500 or (answer.status == 500 and not problem), answer

    run()

