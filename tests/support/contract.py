"""The OpenAPI document of the project as a judge of answers: every answer a test gets is checked against it.

Understands OpenAPI 3.0 (where `nullable` says so, or, in a document without that word, where an optional member's description does
not speak against it) and 3.1 (JSON Schema 2020-12 as it is).
"""

import functools
import pathlib
import re

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DOCUMENT = ROOT / "protocol" / "openapi" / "entente.openapi.yaml"

# What the rim answers before it knows the operation; the body follows the error mode.
RIM_STATUSES = {400, 404, 405, 408, 413, 414, 417, 429, 431, 501, 503}

LEGACY_ERROR = {
    "type": "object", "required": ["message"],
    "properties": {
        "message": {"type": "string", "minLength": 1},
        "validationErrors": {"type": "array", "items": {
            "type": "object", "required": ["field", "message"], "properties": {"field": {"type": "string"}, "message": {"type": "string"}}}},
    },
}
PROBLEM = {
    "type": "object", "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "minLength": 1}, "title": {"type": "string", "minLength": 1}, "status": {"type": "integer"},
        "detail": {"type": "string", "minLength": 1}, "instance": {"type": "string"}, "message": {"type": "string"}, "code": {"type": "string"},
    },
}


class Contract:
    def __init__(self, path=DOCUMENT):
        self.document = yaml.safe_load(path.read_text(encoding="utf-8"))
        version = self.document["openapi"]
        text = path.read_text(encoding="utf-8")
        self._loose_null = version.startswith("3.0") and "nullable" not in text
        if version.startswith("3.0"):
            for schema in self.document["components"]["schemas"].values():
                self._convert(schema)
            for operations in self.document["paths"].values():
                self._convert(operations)
        self._resolver = jsonschema.RefResolver("", self.document)
        self.operations = {}  # (METHOD, template) -> operation
        for template, item in self.document["paths"].items():
            for method, operation in item.items():
                if method in ("get", "post", "put", "patch", "delete"):
                    self.operations[method.upper(), template] = operation
        # Literal segments win over variables.
        self._templates = sorted({template for _, template in self.operations}, key=lambda t: [s.startswith("{") for s in t.split("/")])
        self.seen = set()  # (METHOD, template, status)
        self.violations = {}  # (METHOD, template, status, sentence without numbers) -> an example

    def _convert(self, node):
        """OpenAPI 3.0's way to say null, in the words of JSON Schema."""
        if isinstance(node, list):
            for item in node:
                self._convert(item)
        if not isinstance(node, dict):
            return
        for child in node.values():
            self._convert(child)
        if isinstance(node.get("properties"), dict):
            required = set(node.get("required", []))
            for name, schema in node["properties"].items():
                loose = self._loose_null and name not in required and "ever null" not in str(schema.get("description", ""))
                if schema.pop("nullable", False) or loose:
                    kept = dict(schema)
                    schema.clear()
                    schema["anyOf"] = [kept, {"type": "null"}]

    @functools.lru_cache(maxsize=None)
    def template_of(self, path):
        segments = path.split("?")[0].split("/")
        for template in self._templates:
            wanted = template.split("/")
            if len(wanted) == len(segments) and all(w.startswith("{") and s or w == s for w, s in zip(wanted, segments)):
                return template
        return None

    def note(self, method, path, status, wrong, answer):
        """Keeps what is wrong with an answer, one example a kind. A document and a program that differ in one member would otherwise
        fail every test that comes by; the group fails once, at its end, with the list (`complaints`)."""
        for sentence in wrong:
            kind = re.sub(r"(/?)\d+", r"\1N", sentence)
            self.violations.setdefault((method, self.template_of(path) or path.split("?")[0], status, kind), f"{sentence}: {answer!r}"[:700])

    def complaints(self):
        found = [f"{method} {template} -> {status}: {example}" for (method, template, status, _), example in sorted(self.violations.items())]
        self.violations.clear()
        return found

    def _resolve(self, node):
        return self._resolver.resolve(node["$ref"])[1] if "$ref" in node else node

    def errors_in(self, schema, value):
        validator = jsonschema.Draft202012Validator(schema, resolver=self._resolver)
        return [f"{'/'.join(map(str, e.absolute_path)) or '(root)'}: {e.message[:300]}" for e in validator.iter_errors(value)]

    @staticmethod
    def _sample(body):
        """Long lists are judged by their ends; a test with hundreds of full cases would take minutes otherwise."""
        def ends(rows):
            return rows if len(rows) <= 24 else rows[:12] + rows[-12:]

        if isinstance(body, list):
            return ends(body)
        if isinstance(body, dict):
            return {name: ends(value) if name in ("content", "items") and isinstance(value, list) else value for name, value in body.items()}
        return body

    def schema_errors(self, name, value):
        return self.errors_in({"$ref": f"#/components/schemas/{name}"}, value)

    def check(self, method, path, status, content_type, body):
        """Sentences about what is wrong with an answer; an empty list is a good one. `body` is parsed JSON, or None for no body."""
        media = content_type.split(";")[0].strip() if content_type else ""
        wrong = []
        page = media == "text/html" and path.startswith(("/authorize/", "/receipt/", "/feedback/"))  # people are told on a page
        if status >= 400 and method != "HEAD" and not page:
            is_problem = media == "application/problem+json"
            oauth = path.split("?")[0].endswith("/oauth2/v2.0/token")
            if not oauth:
                if not (is_problem or media == "application/json"):
                    wrong.append(f"an error of content type {media!r}")
                wrong += self.errors_in(PROBLEM if is_problem else LEGACY_ERROR, body)
                if is_problem and isinstance(body, dict) and body.get("status") != status:
                    wrong.append(f"the body says status {body.get('status')}, the answer {status}")
        template = self.template_of(path)
        operation = self.operations.get((method, template))
        if operation is None:
            if status < 400 and method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                wrong.append(f"{method} {path.split('?')[0]} answers {status} and is not in the document")
            return wrong
        self.seen.add((method, template, status))
        responses = operation["responses"]
        declared = responses.get(str(status)) or responses.get(f"{status // 100}XX") or responses.get("default")
        if declared is None:
            if status not in RIM_STATUSES and status != 500:
                wrong.append(f"status {status} is not declared (declared: {', '.join(responses)})")
            return wrong
        content = self._resolve(declared).get("content", {})
        if not content:
            if body is not None:
                wrong.append("a body where the document has none")
            return wrong
        chosen = content.get(media)
        if chosen is None and media == "application/problem+json" and status < 300:
            chosen = content.get("application/json")  # success under the only label the client accepts
        if chosen is None:
            wrong.append(f"content type {media!r} is not declared (declared: {', '.join(content)})")
        elif "schema" in chosen and media.endswith("json"):
            wrong += self.errors_in(chosen["schema"], self._sample(body))
        return wrong


# The members that must be present and not null, whatever a document says about optional ones (contract, section 19.2).
CASE_NEVER_NULL = (
    "id", "token", "status", "direction", "priority", "submitCompanyName", "submitCompanyId", "receiveCompanyName", "receiveCompanyId",
    "submitterCaseNumber", "summary", "createdAt", "updatedAt", "responded", "feedbackRequested", "reminderSent", "testCase", "customFields",
    "caseNotes", "caseResponses", "submittedBy",
)
NOTE_NEVER_NULL = ("id", "caseId", "token", "createdAt", "updatedAt", "creatorName", "summary", "description", "priority", "status")
RESPONSE_NEVER_NULL = ("id", "type", "createdAt")
FIELD_NEVER_NULL = ("id", "section", "fieldName", "value", "displayOrder")
FORM_NEVER_NULL = ("documentId", "priority", "customFields", "internalNotes", "testSubmission", "internalCaseNumber", "problemSummary", "problemDescription")
FORM_FIELD_NEVER_NULL = ("fieldId", "section", "label", "type", "options", "selections", "displayOrder", "required")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
STATUSES = {"OPEN", "INFORMATION", "ACCEPTED", "REJECTED", "CLOSED"}


def _present(what, value, names):
    return [f"{what}: {name} is {'null' if name in value else 'missing'}" for name in names if value.get(name) is None]


def wrong_in_case(case):
    """What a connector in the field could not take about a case, beyond its schema."""
    wrong = _present("case", case, CASE_NEVER_NULL)
    for note in case.get("caseNotes") or []:
        wrong += _present("note", note, NOTE_NEVER_NULL)
    for response in case.get("caseResponses") or []:
        wrong += _present("response", response, RESPONSE_NEVER_NULL)
    for field in case.get("customFields") or []:
        wrong += _present("field", field, FIELD_NEVER_NULL)
    if "respondBy" in case and case["respondBy"] is None:
        wrong.append("respondBy is null; it is present or absent")
    if case.get("status") not in STATUSES:
        wrong.append(f"status {case.get('status')}")
    return wrong + wrong_everywhere(case)


def wrong_everywhere(value, place=""):
    """Ids below 2^31 and timestamps of whole seconds in UTC, wherever they stand."""
    wrong = []
    if isinstance(value, dict):
        for name, child in value.items():
            at = f"{place}/{name}"
            if (name == "id" or name.endswith("Id") and name != "clientId") and isinstance(child, int) and not 0 < child < 2**31:
                wrong.append(f"{at} is {child}")
            if name.endswith(("At", "respondBy", "expiresAt")) and isinstance(child, str) and child and not TIMESTAMP.fullmatch(child):
                wrong.append(f"{at} is {child}")
            wrong += wrong_everywhere(child, at)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            wrong += wrong_everywhere(child, f"{place}/{index}")
    return wrong
