"""A small world on a running gateway: invented companies with people of every role, forms, customers, agreements, authorizations.

Everything is made through the public interface, as an operator and the companies' own people would. Every text of every company
carries a canary; the ledger says which of them are public (what a partner search or a form shows by its nature).
"""

import datetime
import hashlib

from support import canary as canaries
from support import client as clients
from support import contract as contracts
from support.gateway import until

PASSWORD = "lang-genug-und-nicht-erraten-7"
ROLES = ("administrator", "compliance", "engineer", "auditor")
ALL_CLASSES = ("case_facts", "technical", "product", "diagnostics", "customer_identity", "personal_contact", "contractual")
DIGEST = hashlib.sha256(b"the agreement's text").hexdigest()


def stamp(seconds_from_now=0):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds_from_now)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Customer:
    def __init__(self, company, row):
        self.company, self.id, self.name, self.row = company, row["id"], row["name"], row
        self.domain = row["domains"][0]["domain"]
        self.contact = row["contacts"][0]
        self.open_to = set()  # companies to whom everything permitted flows at once


class Company:
    """A company with its people signed in on first use."""

    def __init__(self, world, key, row, secret):
        self.world, self.key, self.row = world, key, row
        self.id, self.name, self.domain = row["id"], row["name"], row["domain"]
        self._secret = secret
        self._people = {}
        self.accounts = {}
        self.cities = {}
        self.form = self.departments = None

    def word(self, what, readers=()):
        return self.world.ledger.word(self.key, what, readers)

    def add_user(self, role, tag=""):
        """An account with a canary in each field; the operator sees what it typed in itself."""
        name = f"{role}{tag}"
        ledger, readers = self.world.ledger, ("operator",)
        first, last = ledger.word(self.key, f"{name} first name", readers), ledger.word(self.key, f"{name} last name", readers)
        username = f"{ledger.word(self.key, f'{name} username', readers)}"
        city = ledger.word(self.key, f"{name} city", readers)
        row = self.world.operator.post("/api/v1/users", {
            "company": self.id, "username": username, "password": PASSWORD, "firstName": first, "lastName": last,
            "email": f"{first}@{self.domain}", "phone": "5550100", "phoneCountry": "US", "city": city, "role": role,
        }, expect=201).body
        self.accounts[name] = row
        self.cities[row["id"]] = city
        return row

    def person(self, role, tag=""):
        name = f"{role}{tag}"
        if name not in self._people:
            if name not in self.accounts:
                self.add_user(role, tag)
            caller = self.world.caller(self.key)
            caller.login(self.accounts[name]["username"], PASSWORD)
            self._people[name] = caller
        return self._people[name]

    def sign_in_again(self):
        """After the clock was moved: sessions end."""
        for caller in self._people.values():
            if caller.login_name:
                caller.login(caller.login_name, caller.password)

    @property
    def engineer(self):
        return self.person("engineer")

    @property
    def engineer2(self):
        return self.person("engineer", "2")

    @property
    def administrator(self):
        return self.person("administrator")

    @property
    def compliance(self):
        return self.person("compliance")

    @property
    def auditor(self):
        return self.person("auditor")

    @property
    def client(self):
        if "client" not in self._people:
            self.client_row = self.world.operator.post(
                "/api/v1/clients", {"company": self.id, "name": self.word("client name", ("operator",)), "role": "api_client"}, expect=201).body
            caller = self.world.caller(self.key)
            caller.client_token(str(self.id), self.client_row["clientId"], self.client_row["clientSecret"])
            self._people["client"] = caller
        return self._people["client"]

    def email(self, local="support"):
        return f"{local}@{self.domain}"

    def engineer_block(self):
        """The engineer's name, mail and phone as an approval carries them; the other side is meant to see them."""
        return {"engineerName": f"Duty {self.word('duty engineer', (canaries.EVERYBODY,))}", "engineerEmail": self.email(), "engineerPhone": "5550199"}

    # --- the second key ---

    def customer(self, tag="", *, confirmed=True, aliases=(), name=None, language="en"):
        """A customer with a confirmed domain and contact, known to nobody but this company."""
        name = name or f"{self.word(f'customer {tag}').capitalize()} Freight"
        domain = f"{self.word(f'customer {tag} domain')}.example"
        contact = f"{self.word(f'customer {tag} contact')}@{domain}"
        row = self.administrator.post("/api/v1/customers", {
            "name": name, "aliases": list(aliases), "domains": [domain],
            "contacts": [{"name": self.word(f"customer {tag} contact name").capitalize(), "email": contact, "language": language}],
        }, expect=201).body
        if confirmed:
            self.compliance.post(f"/api/v1/customers/{row['id']}/confirm", {"domain": domain}, expect=200)
            row = self.compliance.post(f"/api/v1/customers/{row['id']}/confirm", {"contact": contact}, expect=200).body
        return Customer(self, row)

    def request_authorization(self, customer, partners, *, classes=ALL_CLASSES, days=30, **more):
        return self.engineer.post("/api/v1/authorizations", {
            "customer": customer.id, "partners": [partner.id for partner in partners], "purpose": "support", "dataClasses": list(classes),
            "until": stamp(days * 86400), **more,
        }, expect=201).body

    def grant(self, authorization):
        return self.compliance.post(f"/api/v1/authorizations/{authorization['id']}/grant", {
            "obtainedHow": f"By mail of {self.word('how it was obtained')}", "evidenceDigest": DIGEST}, expect=200).body

    def authorize(self, customer, partners, **more):
        granted = self.grant(self.request_authorization(customer, partners, **more))
        if not more:
            customer.open_to |= {partner.key for partner in partners}
        return granted

    def withdraw(self, authorization, customer):
        customer.open_to.clear()
        return self.compliance.post(f"/api/v1/authorizations/{authorization['id']}/withdraw", {"reason": f"Customer asked {self.word('withdrawal')}"}, expect=200).body


# The intake form of every company here. The labels are those that one connector in the field fills by itself, and one field for
# each data class and each stage. Form texts are public: a partner fetches them.
def form_fields():
    def field(label, section, kind, data_class, stage="release", identifies=False, required=False, **more):
        return {"label": label, "section": section, "type": kind, "dataClass": data_class, "stage": stage, "identifiesCustomer": identifies,
                "required": required, **more}

    fields = [
        field("Customer Company", "COMMON_CUSTOMER_SECTION", "STRING", "customer_identity", identifies=True),
        field("Customer Name", "COMMON_CUSTOMER_SECTION", "STRING", "personal_contact", "acceptance"),
        field("Customer Email", "COMMON_CUSTOMER_SECTION", "EMAIL", "personal_contact", "acceptance"),
        field("Customer Phone Including Country Code", "COMMON_CUSTOMER_SECTION", "PHONE", "personal_contact", "acceptance"),
        field("Product", "PROBLEM_SECTION", "TIERSELECT", "product", selections=["Cloud:Vault", "Cloud:Mesh", "Core"]),
        field("Release", "PROBLEM_SECTION", "SELECT", "product", options=["11.2", "12.0", "12.1"]),
        field("Node count", "PROBLEM_SECTION", "INTEGER", "technical"),
        field("Reference page", "PROBLEM_SECTION", "URL", "technical"),
        field("Log excerpt", "PROBLEM_SECTION", "TEXT", "diagnostics"),
        field("Contract number", "COMMON_CUSTOMER_SECTION", "STRING", "contractual"),
        field("Internal routing", "COMMON_CUSTOMER_SECTION", "HIDDEN", "case_facts", "never"),
        field("Access code", "PROBLEM_SECTION", "STRING", "secret"),
    ]
    for order, each in enumerate(fields, 1):
        each["displayOrder"] = order
    return fields


# What an agreement of this world and an authorization of everything let the receiver see before acceptance.
RELEASED_FIELDS = ("Customer Company", "Product", "Release", "Node count", "Reference page", "Log excerpt")


class World:
    def __init__(self, gateway, seed="entente"):
        self.gateway = gateway
        self.ledger = canaries.Ledger(seed)
        self.contract = contracts.Contract()
        self.companies = {}
        credential = gateway.operator_credential()
        self.operator = self.caller("operator")
        self._operator_credential = ("operator", credential["clientId"], credential["clientSecret"])
        self.sign_in_operator()

    def sign_in_operator(self):
        self.operator.client_token(*self._operator_credential)

    def caller(self, company="nobody", **options):
        return clients.Caller(self.gateway.url, self.gateway.ca, self.ledger, self.contract, company, **options)

    @property
    def anonymous(self):
        return self.caller()

    def verify(self, caller=None):
        """The verdict over the whole audit log; asked for until it is there."""
        caller = caller or self.operator

        def verdict():
            answer = caller.post("/api/v1/audit/verification", expect=(200, 202))
            return answer if answer.status == 200 else None

        return until(verdict, 120, "the verification of the log")

    # --- making things ---

    def company(self, key, *, departments=(), form=True, **more):
        """A company with an intake form; its name and domain are public, everything else is its own."""
        name_word = self.ledger.word(key, "name", (canaries.EVERYBODY,))
        row = self.operator.post("/api/v1/companies", {
            "name": f"{name_word.capitalize()} Systems", "domain": f"{name_word}.example",
            "description": f"Makers of {self.ledger.word(key, 'description', (canaries.EVERYBODY,))}", **more}, expect=201).body
        company = Company(self, key, row, None)
        self.companies[key] = company
        if form:
            company.form = self.form(company)
        company.departments = [self.department(company, name) for name in departments]
        return company

    def form(self, company, fields=None):
        return company.administrator.post("/api/v1/forms", {
            "adminNote": f"<p>Tell us the {company.word('admin note', (canaries.EVERYBODY,))}</p>",
            "escalationInstructions": f"<p>Ask for {company.word('escalation', (canaries.EVERYBODY,))}</p>",
            "fields": fields or form_fields()}, expect=201).body

    def department(self, company, name):
        form = self.form(company)
        word = company.word(f"department {name}", (canaries.EVERYBODY,))
        row = company.administrator.post("/api/v1/departments", {"name": f"{name} {word}", "tags": [name.lower(), f"{word}tag"], "form": form["id"]}, expect=201).body
        row["form"] = form
        return row

    def agreement(self, *parties, accepted=True, **more):
        """An agreement between companies; only its parties read it."""
        readers = tuple(party.key for party in parties) + ("operator",)
        title = self.ledger.word(parties[0].key, "agreement title", readers)
        row = self.operator.post("/api/v1/agreements", {
            "title": f"Joint support {title}", "documentVersion": "1.0", "documentDigest": DIGEST, "parties": [party.id for party in parties],
            "validFrom": stamp(-3600), "dataClasses": list(ALL_CLASSES[:-1]), "purpose": "support", "requiredAssurance": "recorded", **more}, expect=201).body
        if accepted:
            for party in parties:
                signatory = self.ledger.word(party.key, "signatory", readers)
                row = party.administrator.post(f"/api/v1/agreements/{row['id']}/accept", {"signatory": signatory, "documentDigest": DIGEST}, expect=200).body
            assert row["state"] == "in_force", row
        return row

    # --- the case path, as the connectors in the field walk it ---

    def draft(self, submitter, receiver, customer=None, *, fields=None, document=None, caller=None, **members):
        """The receiver's form fetched and filled in, ready to post. Every text carries a canary of the submitter."""
        caller = caller or submitter.engineer
        draft = caller.get(f"/v1/forms/document/{document or receiver.form['id']}", expect=200).body
        values = {
            "Customer Company": getattr(customer, "name", customer) or "",
            "Customer Name": submitter.word("field customer name").capitalize(),
            "Customer Email": f"{submitter.word('field customer mail')}@{getattr(customer, 'domain', 'customer.example')}",
            "Customer Phone Including Country Code": "+1 512 555 0142",
            "Product": "Cloud:Vault", "Release": "12.0", "Node count": "4",
            "Reference page": f"https://docs.example/{submitter.word('field page')}",
            "Log excerpt": f"scsi path {submitter.word('field log')} went down",
            "Contract number": submitter.word("field contract"),
            "Internal routing": submitter.word("field routing"),
            "Access code": submitter.word("field secret"),
            **(fields or {}),
        }
        for field in draft["customFields"]:
            field["value"] = values.get(field["label"], "")
        draft.update({
            "internalCaseNumber": f"N-{submitter.word('case number')}",
            "problemSummary": f"Mount fails {submitter.word('case summary')}",
            "problemDescription": f"Host loses its paths {submitter.word('case description')} after the upgrade.",
            "priority": "MEDIUM",
            "submitterContactDetails": {"name": submitter.word("contact name").capitalize(), "email": submitter.email(submitter.word("contact mail")),
                                        "phone": "+1 512 555 0177"},
            "internalNotes": [{"note": f"For us only {submitter.word('internal note')}"}],
            "testSubmission": False, **members})
        draft["values"] = values
        return draft

    def open_case(self, submitter, receiver, customer=None, *, caller=None, headers=None, expect=200, **options):
        """Posts a draft. When it is about a customer who permitted everything to this receiver, the ledger knows it as released."""
        caller = caller or submitter.engineer
        draft = self.draft(submitter, receiver, customer, caller=caller, **options)
        values = draft.pop("values")
        answer = caller.post("/v1/collaboration-requests", draft, headers=headers, expect=expect)
        if expect != 200:
            return answer
        case = Case(self, submitter, receiver, caller, draft, values, answer.body)
        given = options.get("fields") or {}
        told_otherwise = "Customer Company" in given or given.get("Customer Email")  # an address that is left empty says nothing
        if receiver.key in getattr(customer, "open_to", ()) and not told_otherwise:
            case.release_to_receiver()
        return case

    def mark_released(self, draft, receiver, labels=None):
        """Tells the ledger that the receiver may see what the agreement of this world lets out of a draft."""
        texts = [draft.get(name) for name in ("problemSummary", "problemDescription", "internalCaseNumber")]
        for field in draft.get("customFields") or []:
            if isinstance(field, dict) and field.get("label") in (labels or RELEASED_FIELDS):
                texts.append(field.get("value"))
        self.ledger.release(" ".join(str(text) for text in texts), receiver.key)

    def released_case(self, submitter, receiver, customer=None, **options):
        """A case that went through all three keys at once; what the gate lets out is marked as released."""
        if customer is None:
            customer = submitter.customer()
            submitter.authorize(customer, [receiver])
        case = self.open_case(submitter, receiver, customer, **options)
        case.release_to_receiver()
        return case


class Case:
    """A case from both sides."""

    def __init__(self, world, submitter, receiver, opener, draft, values, body):
        self.world, self.submitter, self.receiver, self.opener = world, submitter, receiver, opener
        self.draft, self.values, self.created = draft, values, body
        self.token, self.id = body["token"], body["id"]
        self.path = f"/v1/collaboration-requests/{self.token}"

    RELEASED_FIELDS = RELEASED_FIELDS

    def release_to_receiver(self, fields=RELEASED_FIELDS):
        self.world.mark_released(self.draft, self.receiver, fields)

    def accepted_by_receiver(self):
        """Acceptance opens the second stage: who the people are."""
        ledger = self.world.ledger
        for label in ("Customer Name", "Customer Email"):
            ledger.release(self.values[label], self.receiver.key)
        contact = self.draft["submitterContactDetails"]
        ledger.release(f"{contact['name']} {contact['email']}", self.receiver.key)
        for company, reader in ((self.submitter, self.receiver), (self.receiver, self.submitter)):
            for account in company.accounts.values():
                ledger.release(f"{account['firstName']} {account['lastName']} {account['email']} {company.cities.get(account['id'], '')}", reader.key)

    def seen_by_submitter(self, expect=200, caller=None, **options):
        return (caller or self.submitter.engineer).get(self.path, expect=expect, **options)

    def seen_by_receiver(self, expect=200, caller=None, **options):
        return (caller or self.receiver.engineer).get(self.path, expect=expect, **options)

    def gate(self, caller=None, expect=200):
        return (caller or self.submitter.engineer).get(f"/api/v1/cases/{self.token}/gate", expect=expect)

    def approve(self, expect=200, caller=None, accept=clients.PROBLEM_MODE, **members):
        body = {"caseNumber": "R-1", "nextSteps": "Looking into it", **self.receiver.engineer_block(), **members}
        if expect == 200:
            self.accepted_by_receiver()
        return (caller or self.receiver.engineer).post(f"{self.path}/approval", body, expect=expect, accept=accept)

    def note(self, caller, summary, description="", expect=200, **members):
        return caller.post(f"{self.path}/notes", {"summary": summary, "description": description, "priority": "LOW", **members}, expect=expect)
