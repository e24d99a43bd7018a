"""A customer at the mailbox and the page: reads the mails that the gateway sent, opens links, types codes, ticks boxes.

The customer has no account. What it reads is its own company's and what is public of the partner, so its eyes are those of the company
that serves it.
"""

import re

from support.mailserver import PASSWORD, USER, MailServer
from support.gateway import Gateway, until
from support.world import World


def mail_settings(gateway, server, **more):
    secret = gateway.folder / "smtp.password"
    if not secret.exists():
        secret.write_text(PASSWORD + "\n", encoding="utf-8")
        secret.chmod(0o600)
    return {"mail.server": "127.0.0.1", "mail.port": server.port, "mail.authority": str(gateway.ca), "mail.user": USER,
            "mail.password_file": str(secret), "mail.from": "entente@gateway.example", "mail.retry_seconds": 1, **more}


class PostedWorld:
    """A gateway that sends mails over a real SMTP server, and two companies with an agreement."""

    def __init__(self, folder, contract=None, seed="customers", clock=None, settings=None, departments=()):
        self.gateway = Gateway(folder, environment=clock.environment if clock else None)
        self.gateway.init()
        authority = self.gateway.keys / "authority"
        self.server = MailServer(authority / "server.pem", authority / "server.key").start()
        self.gateway.settings.update(mail_settings(self.gateway, self.server, **(settings or {})))
        self.gateway.write_config()
        self.gateway.start()
        self.world = World(self.gateway, seed=seed)
        if contract is not None:
            self.world.contract = self.world.operator.contract = contract
        self.ada = self.world.company("ada")
        self.bo = self.world.company("bo", departments=departments)
        self.world.agreement(self.ada, self.bo, emergencyHours=4)

    def close(self):
        self.server.stop()
        self.gateway.close()

    def ask(self, customer=None, partners=None, *, language="en", **more):
        """A customer who is asked: the request, its link, and the customer with the mail in hand."""
        customer = customer or self.ada.customer()
        asked = self.ada.request_authorization(customer, partners or [self.bo], **more)
        person = Person(self, customer)
        self.ada.engineer.post(f"/api/v1/authorizations/{asked['id']}/link", {"language": language}, expect=201)
        person.open_mail()
        return asked, person

    def read(self, authorization):
        return self.ada.compliance.get(f"/api/v1/authorizations/{authorization['id']}", expect=200).body


class Person:
    def __init__(self, posted, customer):
        self.posted, self.customer, self.address = posted, customer, customer.contact["email"]
        self.eyes = posted.world.caller(posted.ada.key)
        self.token = self.receipt = None
        self._seen = 0

    def next_mail(self):
        self._seen += 1
        return self.posted.server.wait(self.address, self._seen)[self._seen - 1]

    def open_mail(self):
        mail = self.next_mail()
        self.token = re.search(r"/(?:authorize|feedback)/([A-Za-z0-9]{32})\b", mail.text).group(1)
        return mail

    # --- the page ---

    def look(self, path=None, expect=200):
        return self.eyes.get(path or f"/authorize/{self.token}", expect=expect)

    def send(self, path, fields=(), expect=200):
        return self.eyes.request("POST", path, data=list(fields), headers={"Content-Type": "application/x-www-form-urlencoded"}, expect=expect)

    def code(self, path=None):
        self.send((path or f"/authorize/{self.token}") + "/code", [("x", "")])
        return re.search(r"\b(\d{4} \d{4})\b", self.next_mail().text).group(1)

    def answer_feedback(self, score=None, expect=200):
        return self.send(f"/feedback/{self.token}", [("score", str(score))] if score else [("x", "")], expect=expect)

    def decide(self, decision="approve", *, code=None, partners=None, classes=None, until=None, expect=200):
        page = self.look().text
        fields = [("decision", decision), ("code", self.code() if code is None else code)]
        fields += [("partner", p) for p in (partners if partners is not None else re.findall(r'name="partner" value="(\d+)"', page))]
        fields += [("class", c) for c in (classes if classes is not None else re.findall(r'name="class" value="(\w+)"', page))]
        fields += [("until", until if until is not None else (re.findall(r'name="until" max="([\d-]+)"', page) or [""])[0])]
        answer = self.send(f"/authorize/{self.token}", fields, expect=expect)
        if answer.status == 200:
            mail = self.next_mail()
            self.receipt = re.search(r"/receipt/([A-Za-z0-9]{32})\b", mail.text).group(1)
        return answer

    def open_receipt(self, expect=200):
        path = f"/receipt/{self.receipt}"
        answer = self.send(path, [("code", self.code(path))], expect=expect)
        self.ticket = re.search(r'name="ticket" value="([A-Za-z0-9]{32})"', answer.text).group(1)
        return answer

    def withdraw(self, expect=200):
        return self.send(f"/receipt/{self.receipt}/withdraw", [("ticket", self.ticket), ("sure", "yes")], expect=expect)


__all__ = ["PostedWorld", "Person", "until"]
