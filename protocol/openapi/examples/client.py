#!/usr/bin/env python3
"""A whole client of the own API with Python's standard library: sign in, open a case, follow it, answer, close.

Settings come from the environment, as `entente sandbox` prints them: ENTENTE_URL, ENTENTE_CA, ENTENTE_CLIENT_ID, ENTENTE_CLIENT_SECRET,
and what to open a case with: ENTENTE_FORM, ENTENTE_CUSTOMER_FIELD, ENTENTE_CUSTOMER. The summary is the first argument.
"""

import json, os, ssl, sys, time, urllib.error, urllib.parse, urllib.request, uuid

URL, env = os.environ["ENTENTE_URL"], os.environ
TLS = ssl.create_default_context(cafile=env["ENTENTE_CA"])
token = None


def call(method, path, body=None, *, form=None, headers=None):
    """One request; waits when the gateway asks for it. A write carries one Idempotency-Key through all of its attempts."""
    data = urllib.parse.urlencode(form).encode() if form else json.dumps(body).encode() if body is not None else None
    sent = {"Content-Type": "application/x-www-form-urlencoded" if form else "application/json", **(headers or {})}
    sent |= {"Authorization": f"Bearer {token}"} if token else {}
    sent |= {"Idempotency-Key": str(uuid.uuid4())} if body is not None else {}
    for attempt in range(5):
        try:
            with urllib.request.urlopen(urllib.request.Request(URL + path, data, sent, method=method), context=TLS, timeout=30) as answer:
                return json.load(answer), answer.headers
        except urllib.error.HTTPError as refused:
            if refused.code not in (429, 503) or attempt == 4:
                problem = json.load(refused)
                raise SystemExit(f"{refused.code} {problem.get('code')}: {problem.get('detail')} {problem.get('violations', '')}")
            time.sleep(int(refused.headers.get("Retry-After", 1)))


grant = {"grant_type": "client_credentials", "client_id": env["ENTENTE_CLIENT_ID"], "client_secret": env["ENTENTE_CLIENT_SECRET"]}
token = call("POST", "/me/oauth2/v2.0/token", form=grant)[0]["access_token"]
case, _ = call("POST", "/api/v1/cases", {
    "form": int(env["ENTENTE_FORM"]), "summary": sys.argv[1] if len(sys.argv) > 1 else "Please answer", "severity": "high",
    "submitter": {"caseNumber": f"T-{uuid.uuid4().hex[:8]}"},
    "fields": [{"field": int(env["ENTENTE_CUSTOMER_FIELD"]), "value": env["ENTENTE_CUSTOMER"]}]})
print("opened", case["token"], case["status"], case["flow"])
path = f"/api/v1/cases/{case['token']}"
call("POST", f"{path}/notes", {"visibility": "internal", "summary": "Opened by the example", "correlationId": "example-1"})
for _ in range(60):  # a real connector follows /api/v1/events instead
    case, headers = call("GET", path)
    last = (call("GET", f"{path}/answers")[0]["items"] or [{"kind": None}])[-1]
    if case["status"] == "information" and last["kind"] == "ask":
        print("asked:", last["text"])
        call("POST", f"{path}/answers", {"kind": "reply", "text": "Release 12.1"}, headers={"If-Match": headers["ETag"]})
    elif case["status"] == "accepted":
        print("accepted as", case["receiver"]["caseNumber"])
        call("POST", f"{path}/answers", {"kind": "close"})
    elif case["status"] in ("rejected", "closed"):
        raise SystemExit(print(case["status"], last.get("reason") or "") or 0)
    time.sleep(0.2)
raise SystemExit("no answer yet")
