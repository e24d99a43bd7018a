"""The four connectors in the field, as far as the contract's evidence tells: what each sends, byte by byte where it matters, and how
each parses what it gets. Nothing here is their code. A parser here is as strict as the strictest reading of the remarks in sections
2, 4, 8, 9 and 19 of the contract; what it cannot take raises Broken.
"""

import json
import re
import urllib.parse

from support.client import INVALID_TOKEN

BOTH = "application/json, application/problem+json"
ENUMS = {
    "status": {"OPEN", "INFORMATION", "ACCEPTED", "REJECTED", "CLOSED", "PENDINGACTION"},
    "priority": {"LOW", "MEDIUM", "HIGH"}, "direction": {"INBOUND", "OUTBOUND"},
    "responseType": {"APPROVAL", "REJECTION", "INFORMATION_REQUEST", "INFORMATION_RESPONSE", "CLOSURE", "UPDATE_APPROVAL"},
    "fieldType": {"STRING", "TEXT", "EMAIL", "PHONE", "INTEGER", "URL", "SELECT", "TIERSELECT", "HIDDEN"},
    "section": {"CONTACT_SECTION", "PROBLEM_SECTION", "COMMON_CUSTOMER_SECTION"},
    "noteType": {"USER_PUBLIC", "USER_PARTNER", "SYSTEM"},
}


class Broken(AssertionError):
    """This connector would have stopped here."""


def take(condition, what):
    if not condition:
        raise Broken(what)


def as_int32(value, what):
    take(isinstance(value, int) and not isinstance(value, bool) and -2**31 <= value < 2**31, f"{what} does not fit a signed 32 bit number: {value!r}")
    return value


def one_of(kind, value, what):
    take(value in ENUMS[kind], f"{what} is no {kind} that generated code knows: {value!r}")


class Connector:
    name = "connector"
    accept = None

    def __init__(self, caller, company):
        self.caller, self.company = caller, company

    # --- how it calls ---

    def accept_of(self, method):
        return self.accept

    def headers_of(self, method, body):
        return {"Content-Type": "application/json"} if body is not None else {}

    def spell(self, value):
        return json.dumps(value).encode()

    def call(self, method, path, body=None, expect=200):
        data = None if body is None else body if isinstance(body, bytes) else self.spell(body)
        return self.caller.request(method, path, data=data, headers=self.headers_of(method, data), accept=self.accept_of(method), expect=expect)

    # --- what it does ---

    def form(self, document):
        form = self.call("GET", f"/v1/forms/document/{document}").body
        self.read_form(form)
        return form

    def create(self, form, values, words):
        return self.case(self.call("POST", "/v1/collaboration-requests", self.draft(form, values, words)))

    def read(self, token):
        return self.case(self.call("GET", f"/v1/collaboration-requests/{token}"))

    def act(self, token, action, body=None, method="POST"):
        return self.case(self.call(method, f"/v1/collaboration-requests/{token}/{action}", body))

    def case(self, answer):
        take(answer.body is not None, "a lifecycle call answered without a body")
        self.read_case(answer.body)
        return answer.body

    # --- overridden ---

    def draft(self, form, values, words):
        raise NotImplementedError

    def read_form(self, form):
        """Nothing that this connector cannot take may be in a form."""

    def read_case(self, case):
        """The same for a case."""


class JavaLibrary(Connector):
    """Generated from the description: unset members are written as null, enumerations are closed, a missing body is an error."""

    name = "java"
    accept = "application/json"

    def accept_of(self, method):
        return "application/problem+json" if method == "DELETE" else self.accept

    def headers_of(self, method, body):
        return {"Content-Type": "application/json"}  # on every call, with or without a body

    def draft(self, form, values, words):
        filled = dict(form)  # the whole object that was fetched, definitions and all
        filled["customFields"] = [{**field, "value": values.get(field["label"])} for field in form["customFields"]]
        filled.update(words, adminNote=None, escalationInstructions=None, submitterContactDetails=None, receiverInternalCaseNumber=None, internalNotes=None)
        return filled

    def read_form(self, form):
        one_of("priority", form["priority"], "priority of a form")
        for field in form["customFields"]:
            one_of("fieldType", field["type"], "type of a field")
            one_of("section", field["section"], "section of a field")
            take(isinstance(field["selections"], list) and isinstance(field["options"], str), "choices of a field")

    def read_case(self, case):
        for name in ("status", "priority", "direction"):
            one_of(name, case[name], name)
        for response in case["caseResponses"]:
            one_of("responseType", response["type"], "type of a response")
        for note in case["caseNotes"]:
            one_of("noteType", note["type"], "type of a note")
            one_of("priority", note["priority"], "priority of a note")
            take(note["status"] == "ENTERED", "status of a note")
        for when in (case["createdAt"], case["updatedAt"], case.get("respondBy", "2030-01-01T00:00:00Z")):
            take(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)", when), f"OffsetDateTime cannot parse {when!r}")


class ZendeskApp(Connector):
    """A page of another origin: preflight first, problem mode, tier values with blanks, digits only in field ids."""

    name = "zendesk"
    accept = BOTH
    origin = {"Origin": "https://tickets.example"}

    def call(self, method, path, body=None, expect=200):
        preflight = self.caller.request("OPTIONS", path, accept="*/*", judge=False, headers={
            **self.origin, "Authorization": None, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type,accept"})
        take(preflight.status in (200, 204) and preflight.headers.get("Access-Control-Allow-Origin") == "*", "the browser refuses after the preflight")
        allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
        take(all(name in allowed for name in ("authorization", "content-type", "accept")), "headers the preflight does not allow")
        take(method in ("GET", "POST") or method in preflight.headers.get("Access-Control-Allow-Methods", ""), f"{method} is not allowed by the preflight")
        answer = super().call(method, path, body, expect)
        take(answer.headers.get("Access-Control-Allow-Origin") == "*", "the page may not read the answer")
        return answer

    def headers_of(self, method, body):
        return {**self.origin, **super().headers_of(method, body)}

    def draft(self, form, values, words):
        fields = [{"fieldId": field["fieldId"], "value": self.tiers(values.get(field["label"], "")) if field["type"] == "TIERSELECT" else values.get(field["label"], "")}
                  for field in form["customFields"]]
        return {"documentId": form["documentId"], **words, "customFields": fields, "submitterContactDetails": {"name": "", "email": "", "phone": ""},
                "receiverDepartmentId": 1, "receiverCompanyId": 2, "unknownMember": {"a": [1]}}

    @staticmethod
    def tiers(value):
        return value.replace(":", " : ")

    def read_form(self, form):
        for field in form["customFields"]:
            take(re.fullmatch(r"\d+", str(field["fieldId"])), "a field id of anything but digits")
            if field["type"] == "SELECT":
                take(self.choices(field), f"no choices for {field['label']}")

    @staticmethod
    def choices(field):
        """selections[].value if present, else options at line breaks, else at commas."""
        if field["selections"]:
            return [selection["value"] for selection in field["selections"]]
        lines = [line for line in re.split(r"\r\n|\n", field["options"]) if line]
        return lines if len(lines) > 1 else field["options"].split(",")

    def read_case(self, case):
        for note in case["caseNotes"]:
            take(note["creatorName"] == "SYSTEM" or note["creatorEmail"], "whose note it is, by the domain of its mail address")
            take("<" not in note["summary"], "a summary with markup is printed as it is")
        take(case["submitterContactDetails"] is None or set(case["submitterContactDetails"]) == {"name", "email", "phone"}, "contact details are an object")


class SalesforcePackage(Connector):
    """No Accept at all, bodies by concatenation of strings, one member capitalised, dates by a pattern without fraction."""

    name = "salesforce"
    accept = None

    def headers_of(self, method, body):
        return {"Content-Type": "application/json;charset=UTF-8"}

    def draft(self, form, values, words):
        quoted = {name: json.dumps(value, ensure_ascii=False) for name, value in words.items()}
        fields = ",".join('{"fieldId":%d,"label":%s,"type":"%s","section":"%s","value":%s}' % (
            field["fieldId"], json.dumps(field["label"]), field["type"], field["section"], json.dumps(values.get(field["label"], "")))
            for field in form["customFields"])
        text = '{"documentId":%d,"EscalationInstructions":"","adminNote":"","internalNotes":[{"note":""}],"customFields":[%s],%s}' % (
            form["documentId"], fields, ",".join(f'"{name}": {value}' for name, value in quoted.items()))
        return text.encode()

    def read_form(self, form):
        labels = [field["label"] for field in form["customFields"]]
        take(len(labels) == len(set(labels)), "fields are matched by label")

    def read_case(self, case):
        as_int32(case["id"], "case id")
        tokens = [note["token"] for note in case["caseNotes"]]
        take(all(tokens) and len(tokens) == len(set(tokens)), "a note's token is a key of a table")
        for row in (*case["caseNotes"], *case["caseResponses"], *case["customFields"], {"id": case["submitCompanyId"]}, {"id": case["receiveCompanyId"]}):
            as_int32(row["id"], "id")
        for when in (case["createdAt"], case["updatedAt"], *(row["createdAt"] for row in (*case["caseNotes"], *case["caseResponses"]))):
            take(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", when), f"pattern yyyy-MM-dd'T'HH:mm:ss'Z' cannot parse {when!r}")

    @staticmethod
    def must_log_in_again(answer):
        return INVALID_TOKEN.lower() in answer.text.lower()  # whatever the status


class DynamicsPlugin(Connector):
    """Any type accepted, numbers as text, empty strings for what is unset, null where it cannot stand it."""

    name = "dynamics"
    accept = "*/*"

    def draft(self, form, values, words):
        fields = [{"fieldId": str(field["fieldId"]), "value": values.get(field["label"], ""), "options": field["options"], "required": field["required"]}
                  for field in form["customFields"]]
        return {"documentId": str(form["documentId"]), **words, "internalCaseNumber": words["internalCaseNumber"][:100], "problemSummary": words["problemSummary"][:300],
                "customFields": fields, "receiverInternalCaseNumber": "", "adminNote": "", "escalationInstructions": "", "testSubmission": False,
                "submitterContactDetails": {"name": "", "email": "", "phone": ""}, "internalNotes": []}

    def read_form(self, form):
        take(form["priority"] is not None, "null cannot be deserialised into the priority")
        as_int32(form["documentId"], "documentId")
        for field in form["customFields"]:
            as_int32(field["fieldId"], "fieldId")

    def read_case(self, case):
        as_int32(case["id"], "case id")
        take("respondBy" not in case or case["respondBy"], "respondBy null cannot be deserialised")
        for name in ("responded", "feedbackRequested", "reminderSent", "testCase"):
            take(case[name] in (True, False), f"{name} is a boolean")
        for row in case["customFields"]:
            take(isinstance(row["value"], str) and isinstance(row["displayOrder"], int), "a custom field")


ALL = (JavaLibrary, ZendeskApp, SalesforcePackage, DynamicsPlugin)


def quoted(term):
    return urllib.parse.quote(term, safe="")
