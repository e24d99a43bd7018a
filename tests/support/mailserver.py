"""A real SMTP server on loopback: keeps what it accepts, and can be told to refuse.

STARTTLS and sign-in are demanded unless a test says otherwise. Every mail is kept with its envelope; reading one gives decoded
headers and both bodies.
"""

import email
import email.policy
import re
import ssl
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from support.gateway import free_port, until

USER, PASSWORD = "gateway", "smtp-geheim-7"


class Mail:
    """One accepted mail with its envelope."""

    def __init__(self, sender, recipients, raw):
        self.sender, self.recipients, self.raw = sender, recipients, raw
        self.message = email.message_from_bytes(raw, policy=email.policy.default)

    def __getitem__(self, name):
        return self.message[name]

    def body(self, kind):
        part = self.message.get_body(preferencelist=(kind,))
        return part.get_content() if part else None

    @property
    def text(self):
        return self.body("plain")

    @property
    def html(self):
        return self.body("html")

    @property
    def everything(self):
        """All that a reader could see, decoded, for canaries."""
        return "\n".join([*(f"{name}: {value}" for name, value in self.message.items()), self.text or "", self.html or ""])

    @property
    def reply_tag(self):
        return self["Reply-To"]

    def __repr__(self):
        return f"<{self.sender} -> {self.recipients}: {self['Subject']}>"


class _Handler:
    def __init__(self, server):
        self.server = server

    async def handle_RCPT(self, server, session, envelope, address, options):
        with self.server.lock:
            queued = self.server.refusals.get(address.lower(), [])
            if queued:
                return queued[0] if len(queued) == 1 and queued[0].startswith("5") else queued.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with self.server.lock:
            self.server.dialogues.append((session.ssl is not None, session.authenticated))
            queued = self.server.data_refusals.get(envelope.rcpt_tos[0].lower(), [])
            if queued:
                return queued.pop(0)
            self.server.mails.append(Mail(envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content))
        return "250 2.0.0 taken"


class _Server(Controller):
    def __init__(self, *arguments, starttls, **options):
        self.starttls = starttls
        super().__init__(*arguments, **options)

    def factory(self):
        secured = {"tls_context": self.starttls, "require_starttls": True, "auth_required": True, "auth_require_tls": True} if self.starttls else {}

        def sign_in(server, session, envelope, mechanism, data):
            good = getattr(data, "login", b"") == USER.encode() and getattr(data, "password", b"") == PASSWORD.encode()
            return AuthResult(success=good, handled=good)

        return SMTP(self.handler, hostname="mx.example", authenticator=sign_in, enable_SMTPUTF8=False, **secured)


class MailServer:
    def __init__(self, certificate=None, key=None, port=None):
        self.port = port or free_port()
        self.certificate, self.key = certificate, key
        self.lock = threading.Lock()
        self.mails, self.dialogues = [], []
        self.refusals, self.data_refusals = {}, {}  # address -> lines to answer, one an attempt; a single 5xx stays
        self._controller = None

    def start(self):
        context = None
        if self.certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self.certificate, self.key)
        self._controller = _Server(_Handler(self), hostname="127.0.0.1", port=self.port, starttls=context)
        self._controller.start()
        return self

    def stop(self):
        if self._controller:
            self._controller.stop()
            self._controller = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def to(self, address):
        with self.lock:
            return [mail for mail in self.mails if mail.recipients == [address]]

    def wait(self, address, count=1, seconds=30):
        return until(lambda: found if len(found := self.to(address)) >= count else None, seconds, f"{count} mail(s) to {address}")

    def addresses(self):
        with self.lock:
            return {address for mail in self.mails for address in mail.recipients}


def reply(mail, sender, text, *, to=None, html=None, quote=True, headers=()):
    """The bytes of an answer as a mail program would send it."""
    lines = [f"From: {sender}", f"To: {to or mail['Reply-To']}", f"Subject: Re: {re.sub('[^ -~]', '?', mail['Subject'])}", "Message-ID: <%s@client.example>" % abs(hash((text, sender, str(to)))),
             "MIME-Version: 1.0", *headers]
    old = "".join(f"> {line}\n" for line in (mail.text or "").splitlines()) if quote else ""
    if html is not None:
        return ("\n".join([*lines, "Content-Type: text/html; charset=utf-8"]) + "\n\n" + html).encode()
    return ("\n".join([*lines, "Content-Type: text/plain; charset=utf-8"]) + f"\n\n{text}\n\nOn Tue, 24 Nov 2026 at 10:00, Entente wrote:\n{old}").encode()


def delivery_report(address, status="5.1.1", action="failed"):
    """What a mail server sends to the return path when it gives up later."""
    return (f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: {address}\nSubject: Undelivered Mail\nMIME-Version: 1.0\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=report\n\n--report\nContent-Type: text/plain\n\nSorry.\n--report\n"
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
            f"Final-Recipient: rfc822; somebody@example.example\nAction: {action}\nStatus: {status}\n\n--report--\n").encode()
