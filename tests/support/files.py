"""Files as a company sends them: forms, what a colleague lets pass, places for files."""

import hashlib

from support.client import PROBLEM_MODE
from support.world import stamp


def form(*files, description=None, boundary="----entente-7f3a", part_type="text/plain"):
    """A form as connectors write it: (name, content) or (name, content, type)."""
    body = b""
    if description is not None:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="description"\r\n\r\n{description}\r\n'.encode()
    for name, content, *more in files:
        kind = more[0] if more else part_type
        escaped = name.replace('"', '\\"')
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{escaped}"\r\n'.encode()
        body += (f"Content-Type: {kind}\r\n" if kind else "").encode() + b"\r\n" + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def send(caller, token, *files, expect=200, path=None, accept=PROBLEM_MODE, query="", key=None, **options):
    body, kind = form(*files, **options)
    headers = {"Content-Type": kind, **({"Idempotency-Key": key} if key else {})}
    return caller.request("POST", (path or f"/v1/collaboration-requests/{token}/attachments") + query, data=body, headers=headers,
                          expect=expect, accept=accept)


def let_pass(company, case, content):
    """A colleague lets pass what nobody can look into."""
    company.engineer2.post(f"/api/v1/cases/{case.token}/reviews", {"digest": hashlib.sha256(content).hexdigest()}, expect=204)


def target(domain, port, path="/in", password="geheim-1", days=30, **more):
    return {"domain": domain, "httpsPort": port, "httpsPath": path, "password": password, "expiration": stamp(days * 86400), **more}
