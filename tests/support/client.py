"""Callers: a session of one identity that speaks to the gateway and judges every answer it gets.

Each answer is searched for canaries that this caller's company may not see, and a case for members that may never be null: either
fails the test at once. What differs from the OpenAPI document is collected and fails the group at its end, so that one wrong line does
not hide everything else. A test says which status it expects; the rest is judged here, always.
"""

import base64
import json as jsonlib

import requests

from support import contract as contracts

PROBLEM_MODE = "application/problem+json, application/json"
LEGACY_MODE = "application/json"
PROBLEM_ONLY = "application/problem+json"
INVALID_TOKEN = "The authorization token provided was invalid."


class Answer:
    """One answer, with its body parsed when it is JSON."""

    def __init__(self, response):
        self.status = response.status_code
        self.headers = response.headers
        self.text = response.content.decode("utf-8", "replace")  # every answer of ours is UTF-8, whatever its type says
        self.media = response.headers.get("Content-Type", "").split(";")[0].strip()
        self.body = None
        if response.content and self.media.endswith("json"):
            self.body = jsonlib.loads(response.content.decode("utf-8"))

    def __getitem__(self, name):
        return self.body[name]

    def __repr__(self):
        return f"<{self.status} {self.media} {self.text[:1500]}>"

    @property
    def items(self):
        return self.body["items"]

    @property
    def message(self):
        """What a person is shown, in either mode."""
        return self.body.get("detail") or self.body.get("message")

    @property
    def code(self):
        return self.body.get("code")


class Caller:
    """`company` is the key of the ledger: whose eyes read the answers. `token` None: signed out."""

    def __init__(self, base, ca, ledger, contract, company="nobody", token=None, certificate=None):
        self.base, self.ca, self.ledger, self.contract = base, ca, ledger, contract
        self.company, self.token, self.certificate = company, token, certificate
        self.login_name = self.password = None
        self._session = None

    @property
    def session(self):
        if self._session is None:
            self._session = requests.Session()
            self._session.trust_env = False
            self._session.verify = str(self.ca)
            self._session.headers.clear()
            self._session.headers.update({"Accept-Encoding": "gzip, deflate", "User-Agent": "entente-tests"})
            if self.certificate:
                self._session.cert = self.certificate
        return self._session

    def close(self):
        """Ends the connections; the next request makes new ones."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def with_token(self, token):
        return Caller(self.base, self.ca, self.ledger, self.contract, self.company, token, self.certificate)

    def request(self, method, path, *, expect=None, json=None, data=None, headers=None, accept=PROBLEM_MODE, judge=True, stream_body=None):
        sent = {}
        if accept is not None:
            sent["Accept"] = accept
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if json is not None:
            data = jsonlib.dumps(json).encode("utf-8")
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        prepared = requests.Request(method, self.base + path, data=stream_body if stream_body is not None else data, headers=sent)
        ready = self.session.prepare_request(prepared)
        if accept is None:
            ready.headers.pop("Accept", None)
        response = self.session.send(ready, timeout=60, allow_redirects=False, verify=str(self.ca), cert=self.certificate)
        answer = Answer(response)
        self._judge(method, path, answer, judge)
        if expect is not None:
            wanted = expect if isinstance(expect, (tuple, set, list)) else (expect,)
            assert answer.status in wanted, f"{method} {path}: expected {expect}, got {answer!r}"
        return answer

    def _judge(self, method, path, answer, contract_too):
        leaks = self.ledger.leaks(answer.text + "\n" + "\n".join(f"{k}: {v}" for k, v in answer.headers.items()), self.company)
        assert not leaks, f"{method} {path} leaks: " + "; ".join(leaks)
        if not contract_too:
            return
        self.contract.note(method, path, answer.status, self.contract.check(method, path, answer.status, answer.headers.get("Content-Type", ""), answer.body), answer)
        wrong = []
        if path.startswith(("/v1/collaboration-requests", "/v2/collaboration-requests")) and answer.status == 200 and answer.body is not None:
            rows = answer.body if isinstance(answer.body, list) else answer.body.get("content", [answer.body])
            for row in rows:
                if isinstance(row, dict):
                    wrong += contracts.wrong_in_case(row) if "submitCompanyId" in row else contracts.wrong_everywhere(row)
        assert not wrong, f"{method} {path} -> {answer!r}\n" + "\n".join(wrong)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, json=None, **options):
        return self.request("POST", path, json=json, **options)

    def patch(self, path, json=None, **options):
        return self.request("PATCH", path, json=json, **options)

    def put(self, path, json=None, **options):
        return self.request("PUT", path, json=json, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    # --- signing in ---

    def login(self, username, password):
        self.login_name, self.password = username, password
        self.token = self.post("/v1/login", {"username": username, "password": password}, expect=200)["accessToken"]
        return self

    def client_token(self, tenant, client_id, client_secret, *, basic=False, scope="entente/.default", expect=200):
        form = {"grant_type": "client_credentials", "scope": scope}
        headers = {}
        if basic:
            pair = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            form |= {"client_id": client_id, "client_secret": client_secret}
        self.token = None
        answer = self.request("POST", f"/{tenant}/oauth2/v2.0/token", data=form, headers=headers, accept="application/json", expect=expect)
        if answer.status == 200:
            self.token = answer["access_token"]
        return answer
