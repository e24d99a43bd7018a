"""The routes of the gateway against the OpenAPI document, both ways, and the document against itself."""

import os
import re
import subprocess

import pytest
import yaml

import sources

DOCUMENT = sources.ROOT / "protocol" / "openapi" / "entente.openapi.yaml"
METHODS = ("get", "post", "put", "patch", "delete")
# Operation ids that are method names in generated clients and must not change (contract, section 5).
CLIENT_NAMES = {
    "login", "getCurrentUser", "searchPartners", "getFormByCompanyId", "getFormByDepartmentId", "getFormByDocumentId",
    "createCollaborationRequest", "getCollaborationRequestByToken", "approveCollaborationRequest", "rejectCollaborationRequest", "submitInformationRequest",
    "submitInformationResponse", "closeCollaborationRequest", "getNotes", "createNote", "listCollaborationRequests", "listWebhookSubscriptions",
    "createWebhookSubscription", "deleteWebhookSubscription", "getWebhookDeliveries",
}


def program():
    named = os.environ.get("ENTENTE_BIN")
    found = [named] if named else sorted(str(path) for path in (sources.ROOT / "build" / "release").glob("**/entente") if os.access(path, os.X_OK) and path.is_file())
    assert found, "build/release has no program named entente"
    return found[0]


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def operations(document):
    return {(method.upper(), path): operation["operationId"] for path, item in document["paths"].items() for method, operation in item.items() if method in METHODS}


@pytest.fixture(scope="module")
def routes():
    done = subprocess.run([program(), "serve", "--print-routes"], capture_output=True, text=True, timeout=30, check=True)
    rows = {}
    for line in done.stdout.splitlines():
        method, path, name = line.split()
        assert (method, path) not in rows, line
        rows[method, path] = name
    return rows


def test_every_route_is_in_the_document(routes, operations):
    assert sorted(set(routes) - set(operations)) == []


def test_every_operation_of_the_document_has_a_route(routes, operations):
    assert sorted(set(operations) - set(routes)) == []


def test_names_agree(routes, operations):
    assert {key: (routes[key], operations[key]) for key in set(routes) & set(operations) if routes[key] != operations[key]} == {}


def test_operation_ids_are_unique_and_those_of_generated_clients(operations):
    names = list(operations.values())
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
    assert CLIENT_NAMES - set(names) == set()


def test_the_document_refers_only_to_what_it_has(document):
    def refs(node):
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for child in node.values():
                yield from refs(child)
        elif isinstance(node, list):
            for child in node:
                yield from refs(child)

    for ref in set(refs(document)):
        assert ref.startswith("#/"), ref
        node = document
        for part in ref[2:].split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]


def test_every_path_parameter_is_declared(document):
    wrong = []
    for path, item in document["paths"].items():
        wanted = set(re.findall(r"\{(\w+)\}", path))
        for method, operation in item.items():
            if method not in METHODS:
                continue
            declared = set()
            for parameter in [*item.get("parameters", []), *operation.get("parameters", [])]:
                if "$ref" in parameter:
                    parameter = document["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[1]]
                if parameter["in"] == "path":
                    declared.add(parameter["name"])
            if declared != wanted:
                wrong.append(f"{method} {path}: {sorted(declared ^ wanted)}")
    assert not wrong, "\n".join(wrong)


def test_every_operation_says_what_it_answers(document):
    wrong = [f"{method} {path}" for path, item in document["paths"].items() for method, operation in item.items()
             if method in METHODS and not any(status.startswith("2") for status in operation["responses"])]
    assert not wrong, "\n".join(wrong)
