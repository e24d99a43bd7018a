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


# --- problem codes ---

# Codes that stand in the sources and never reach a caller of the API: settings, company files, proofs read by tools.
NOT_SENT = {"age_malformed", "age_not_opened", "not_consistent", "policy_malformed", "witness_request_malformed", "config_invalid", "config_missing", "onboarding_invalid", "entry_malformed", "note_malformed", "note_not_verified", "receipt_malformed", "rows_malformed",
            "receipt_not_verified", "not_canonical", "not_pseudonyms", "not_a_decision", "not_exact", "agreement_read", "agreement_text",
            "customer_keys"}
CODE = re.compile(
    r'\.code\s*=\s*(?:std::string\()?"(\w+)"|ErrorKind::\w+,\s*"(\w+)"|Refusal \w+\{\d+, "(\w+)"|render_status\(\d+, "(\w+)"|"((?:agreement|authorization|customer)_\w+)",\s*$',
    re.MULTILINE)


def test_every_problem_code_of_the_sources_is_in_the_document(document):
    listed = set(document["components"]["schemas"]["ProblemCode"]["enum"])
    missing = {}
    for path in sources.cpp_files("protocol", "policy", "certs", "server"):
        if path.parts[:2] == ("server", "tools"):
            continue
        # Two files name what is missing: not_found("user") is user_not_found.
        for what in re.findall(r'\bnot_found\("(\w+)"', sources.text_of(path)):
            if f"{what}_not_found" not in listed:
                missing.setdefault(f"{what}_not_found", str(path))
        for found in CODE.finditer(sources.text_of(path)):
            code = next(group for group in found.groups() if group)
            if code not in listed and code not in NOT_SENT and not code.endswith("_changed"):
                missing.setdefault(code, str(path))
    assert not missing, f"add them to ProblemCode in {DOCUMENT.name}, with status and meaning: {missing}"


def test_each_problem_code_has_a_meaning(document):
    codes = document["components"]["schemas"]["ProblemCode"]
    assert list(codes["x-meanings"]) == codes["enum"] == sorted(set(codes["enum"]))
    for code, meaning in codes["x-meanings"].items():
        assert 400 <= meaning["status"] <= 599 and meaning["text"].endswith("."), code


def test_every_write_takes_an_idempotency_key(document):
    wrong = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("post", "put", "patch", "delete") and operation.get("security") != []:
                names = [each.get("$ref", "").rsplit("/", 1)[-1] for each in [*item.get("parameters", []), *operation.get("parameters", [])]]
                if "idempotencyKey" not in names:
                    wrong.append(f"{method} {path}")
    assert not wrong, "\n".join(wrong)


def test_the_document_renders_as_json_and_as_pages(tmp_path):
    """What the build embeds; the page has a place for every operation and schema that anything points at."""
    render = DOCUMENT.parent / "render.py"
    page = tmp_path / "page.html"
    subprocess.run(["/usr/bin/python3", str(render), str(DOCUMENT), str(page)], check=True, timeout=60)
    html = page.read_text(encoding="utf-8")
    anchors = set(re.findall(r'id="([^"]+)"', html))
    assert not {target for target in re.findall(r'href="#([^"]+)"', html)} - anchors
    assert "<script" not in html and "http://" not in html.replace("http://localhost", "")
