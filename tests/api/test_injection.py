"""Field injection, fuzzed: whatever a body carries beside what is declared never appears on the other side, on any way out.

Every injected text is a canary that nobody but its owner may read. The ledger looks at every answer, webhook and mail; in the end the
partner reads everything that it can read of each case.
"""

import copy
import os
import random

import pytest

from support.customers import PostedWorld
from support.gateway import until
from support.receiver import Receiver

# Names that mean something inside, in other versions of the contract, or to other programs.
NAMES = ("caseNotes", "caseResponses", "submittedBy", "sharedDescription", "description", "summary", "customer", "customerName", "authorization", "authorizations", "conditions",
         "pseudonyms", "hold_text", "holdText", "internal", "internalNotes2", "receiverNotes", "priorityNote", "escalationInstructions2", "token", "status", "engineerName2",
         "engineerNote", "contact", "contactDetails", "shared", "original", "label", "reason", "attachments", "fields", "customFields2", "values", "tags", "__proto__", "$ref", "@type",
         "x-note", "webhook", "topic2", "correlation", "links", "parent", "_links", "metadata", "extensions", "comment")


class Injector:
    def __init__(self, company, seed):
        self.company, self.random, self.words = company, random.Random(seed), []

    def word(self):
        self.words.append(self.company.word("undeclared"))
        return self.words[-1]

    def value(self, depth=0):
        kind = self.random.randrange(4 if depth < 2 else 2)
        if kind == 2:
            return [self.value(depth + 1) for _ in range(self.random.randrange(1, 3))]
        if kind == 3:
            return {self.name({}): self.value(depth + 1) for _ in range(self.random.randrange(1, 3))}
        return f"Not asked for: {self.word()}"

    def name(self, taken):
        while True:
            name = self.random.choice(NAMES) if self.random.random() < 0.8 else self.word()
            if name not in taken:
                return name

    def into(self, target, declared):
        """Some members that `declared` does not know."""
        for _ in range(self.random.randrange(1, 4)):
            target[self.name({*target, *declared})] = self.value()
        return target


# What the calls declare; everything else is undeclared there.
NOTE = ("summary", "description", "priority", "submittedBy", "text", "visibility", "topic", "correlationId", "token", "status")
ANSWER = ("requestedInformation", "engineerName", "engineerEmail", "engineerPhone", "caseNumber", "nextSteps", "reason", "text", "token", "status")


@pytest.fixture(scope="module")
def posted(tmp_path_factory, world):
    folder = tmp_path_factory.mktemp("injection")
    made = PostedWorld(folder, world.contract, seed="injection", settings={"deliveries.allowed_networks": "127.0.0.0/8",
                                                                            "deliveries.authorities": str(folder / "keys" / "authority" / "ca.pem")})
    made.customer = made.ada.customer("everything")
    made.ada.authorize(made.customer, [made.bo])
    yield made
    made.close()


@pytest.fixture(scope="module")
def told(posted):
    """Everything that leaves for bo: a webhook of each version and a mailbox."""
    authority = posted.gateway.keys / "authority"
    receiver = Receiver(authority / "server.pem", authority / "server.key", ledger=posted.world.ledger, company=posted.bo.key)
    for version, status in (("v1", 200), ("v2", 200), ("native", 201)):
        path = {"v1": "/v1/webhooks", "v2": "/v2/webhooks", "native": "/api/v1/webhooks"}[version]
        posted.bo.client.post(path, {"callbackUrl": f"{receiver.base}/{version}"}, expect=status)
    posted.bo.administrator.post("/api/v1/mail/boxes", {"kind": "team", "address": f"team@{posted.bo.domain}", "language": "en", "delivery": "immediate"}, expect=201)
    yield receiver
    receiver.close()
    assert not receiver.complaints, "\n".join(receiver.complaints)


def create(posted, injector):
    draft = posted.world.draft(posted.ada, posted.bo, posted.customer)
    values = draft.pop("values")
    declared = set(draft) | {"receiverInternalCaseNumber", "documentId", "severity"}
    body = injector.into(copy.deepcopy(draft), declared)
    for field in body["customFields"]:
        if injector.random.random() < 0.4:
            injector.into(field, ("value", "label", "fieldId", "fieldName"))
    # Fields that the form never had, and another form's.
    strangers = [injector.random.randrange(1, 2**31 - 1), posted.ada.form["fields"][0]["id"], str(injector.random.randrange(1, 2**31 - 1))]
    for stranger in injector.random.sample(strangers, 2):
        body["customFields"].append({"fieldId": stranger, "label": injector.random.choice(["Description", "Log excerpt", "Authorization reference", injector.word()]),
                                     "section": "PROBLEM_SECTION", "type": "STRING", "value": f"smuggled {injector.word()}"})
    if injector.random.random() < 0.5:
        injector.into(body["submitterContactDetails"], ("name", "email", "phone"))
    for note in body["internalNotes"]:
        injector.into(note, ("note",))
    answer = posted.ada.engineer.post("/v1/collaboration-requests", body, expect=200)
    posted.world.mark_released(draft, posted.bo)
    return answer.body, draft, values


def test_nothing_undeclared_crosses(posted, told, long_form):
    seed = int(os.environ.get("ENTENTE_SEED") or random.SystemRandom().randrange(2**32))
    print(f"ENTENTE_SEED={seed}")
    ada, bo = posted.ada, posted.bo
    mine, theirs = Injector(ada, seed), Injector(bo, seed + 1)
    tokens = []
    for number in range(300 if long_form else 12):
        made, draft, values = create(posted, mine)
        token, path = made["token"], f"/v1/collaboration-requests/{made['token']}"
        tokens.append(token)
        said = ada.word("a declared note", (bo.key,))
        ada.engineer.post(f"{path}/notes", mine.into({"summary": said, "description": said, "priority": "LOW"}, NOTE), expect=200)
        ada.engineer.post(f"/api/v1/cases/{token}/notes", mine.into({"summary": said, "text": said}, NOTE), expect=(200, 201, 400))
        question = bo.word("a declared question", (ada.key,))
        bo.engineer.post(f"{path}/information-request", theirs.into({"requestedInformation": question, **bo.engineer_block()}, ANSWER), expect=200)
        ada.engineer.post(f"{path}/information-response", mine.into({"requestedInformation": said}, ANSWER), expect=200)
        if number % 2 == 0:
            from_now = posted.world.ledger
            for label in ("Customer Name", "Customer Email"):
                from_now.release(values[label], bo.key)
            contact = draft["submitterContactDetails"]
            from_now.release(f"{contact['name']} {contact['email']}", bo.key)
            for company, reader in ((ada, bo), (bo, ada)):
                for account in company.accounts.values():
                    from_now.release(f"{account['firstName']} {account['lastName']} {account['email']} {company.cities.get(account['id'], '')}", reader.key)
            bo.engineer.post(f"{path}/approval", theirs.into({"caseNumber": "B-1", "nextSteps": question, **bo.engineer_block()}, ANSWER), expect=200)
            ada.engineer.patch(path, mine.into({"internalCaseNumber": said}, ("internalCaseNumber", "submitterContactDetails", "priority", "severity")), expect=(200, 400))
            if number % 4 == 0:
                ada.engineer.post(f"{path}/closure", mine.into({}, ANSWER), expect=(200, 400))
        else:
            bo.engineer.post(f"{path}/rejection", theirs.into({"reason": question, **bo.engineer_block()}, ANSWER), expect=200)

    # Every way in which a side can read: the ledger looks at each answer as it comes.
    texts = {ada.key: [], bo.key: []}
    for token in tokens:
        for company in (ada, bo):
            for path in (f"/v1/collaboration-requests/{token}", f"/v1/collaboration-requests/{token}/notes", f"/api/v1/cases/{token}",
                         f"/api/v1/cases/{token}/timeline", f"/api/v1/cases/{token}/notes"):
                texts[company.key].append(company.engineer.get(path, expect=(200, 404, 405)).text)
    for company in (ada, bo):
        texts[company.key].append(company.engineer.get("/v2/collaboration-requests?size=500", expect=200).text)
        texts[company.key].append(company.engineer.get("/api/v1/events?limit=500", expect=200).text)
    created = until(lambda: len({one.body.get("token") or str(one.body) for one in told.got()}) >= len(tokens) and told.got(), what="webhooks of all cases")
    texts[bo.key] += [one.raw.decode() for one in created]
    mails = posted.server.wait(f"team@{bo.domain}", len(tokens))
    texts[bo.key] += [mail.everything for mail in mails]
    assert len(mine.words) > 20 * len(tokens) / 2
    for injector, reader in ((mine, bo), (theirs, ada)):
        everything = "\n".join(texts[reader.key]).lower()
        leaked = [word for word in injector.words if word in everything]
        assert not leaked, leaked
