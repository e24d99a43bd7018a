#!/usr/bin/env python3
"""Turns the contract of the wire into what a gateway serves: the document as it is, as JSON, and two pages for people.

    render.py entente.openapi.yaml OUT.cpp     (the build calls this)
    render.py entente.openapi.yaml OUT.html    (to look at the page)

The pages need no script and nothing from elsewhere; their style is inline and named by its digest in the content security policy.
"""

import base64
import hashlib
import html
import json
import re
import sys

import yaml

METHODS = ("get", "post", "put", "patch", "delete")
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:62rem;padding:1rem;color:#1a1a1a;background:#fff}
a{color:#0b4f9e}a:focus,summary:focus{outline:3px solid #b35c00;outline-offset:2px}
.skip{position:absolute;left:-100rem}.skip:focus{left:1rem;top:1rem;background:#fff;padding:.5rem}
h1{margin-top:.5rem}h2{border-bottom:2px solid #1a1a1a;margin-top:3rem}h3{margin:2rem 0 .25rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{background:#f2f2f2;padding:.75rem;overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25rem .5rem;border-bottom:1px solid #ccc}
th[scope=row]{font-weight:600}caption{text-align:left;font-weight:600;padding:.5rem 0 .25rem}
.m{display:inline-block;min-width:4rem;font-weight:700}.old{background:#ffe9c7;padding:0 .4rem}
nav ul{columns:3 14rem;padding-left:1.2rem}section:target,h3:target{background:#fff6d6}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}a{color:#8ab9f5}pre{background:#242424}h2{border-color:#eee}
.old{background:#5a3d00}section:target,h3:target{background:#3a3000}}
""".strip()


def text(raw):
    """Plain words of a description as HTML: paragraphs, lists, `code`."""
    out, items = [], []
    for block in re.split(r"\n\s*\n|\n(?=- )", str(raw or "").strip()):
        line = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(" ".join(block.split())))
        if line.startswith("- "):
            items.append(f"<li>{line[2:]}</li>")
            continue
        if items:
            out.append("<ul>" + "".join(items) + "</ul>")
            items = []
        if line:
            out.append(f"<p>{line}</p>")
    if items:
        out.append("<ul>" + "".join(items) + "</ul>")
    return "".join(out)


def phrase(raw):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(" ".join(str(raw or "").split())))


class Page:
    def __init__(self, document):
        self.document = document

    def look_up(self, node):
        while isinstance(node, dict) and set(node) - {"description", "readOnly"} == {"$ref"}:
            target = self.document
            for part in node["$ref"][2:].split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def kind(self, schema):
        """What a value looks like, in a few words; named schemas are links."""
        if not isinstance(schema, dict) or not schema:
            return "anything"
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return f'<a href="#schema-{name}">{name}</a>'
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return " or ".join(self.kind(each) for each in schema[word])
        if "const" in schema:
            return f"<code>{html.escape(json.dumps(schema['const']))}</code>"
        types = schema.get("type", "object")
        words = " or ".join(types) if isinstance(types, list) else types
        if words.startswith("array"):
            return f"array of {self.kind(schema.get('items', {}))}" + self.bounds(schema)
        if "enum" in schema:
            return "one of " + ", ".join(f"<code>{html.escape(str(each))}</code>" for each in schema["enum"])
        return words + self.bounds(schema)

    @staticmethod
    def bounds(schema):
        names = {"minLength": "at least {} characters", "maxLength": "at most {} characters", "minItems": "at least {}", "maxItems": "at most {}",
                 "minimum": "from {}", "maximum": "to {}", "pattern": "like {}", "format": "{}", "default": "default {}"}
        found = [words.format(html.escape(str(schema[name]))) for name, words in names.items() if name in schema]
        return f" ({', '.join(found)})" if found else ""

    def members(self, schema, caption, prefix="", depth=0):
        """Rows for the members of an object; inner objects without a name of their own follow with a dotted path."""
        rows, required = [], set(schema.get("required", []))
        for name, member in (schema.get("properties") or {}).items():
            marks = ["required"] * (name in required) + ["read-only"] * bool(isinstance(member, dict) and member.get("readOnly"))
            note = phrase(member.get("description", "")) if isinstance(member, dict) else ""
            rows.append(f'<tr><th scope="row"><code>{html.escape(prefix + name)}</code></th><td>{self.kind(member)}</td>'
                        f"<td>{', '.join(marks)}</td><td>{note}</td></tr>")
            inner, place = member, prefix + name
            if isinstance(inner, dict) and str(inner.get("type")) == "array":
                inner, place = inner.get("items", {}), place + "[]"
            if isinstance(inner, dict) and "properties" in inner and depth < 4:
                rows += self.members(inner, None, place + ".", depth + 1)
        if caption is None:
            return rows
        if not rows:
            return ""
        return (f'<table><caption>{caption}</caption><thead><tr><th scope="col">Member</th><th scope="col">Value</th><th scope="col">Notes</th>'
                f'<th scope="col">Meaning</th></tr></thead><tbody>{"".join(rows)}</tbody></table>')

    def parameters(self, operation, item):
        rows = []
        for each in [*item.get("parameters", []), *operation.get("parameters", [])]:
            each = self.look_up(each)
            need = "required" if each.get("required") else ""
            rows.append(f'<tr><th scope="row"><code>{html.escape(each["name"])}</code></th><td>{each["in"]}</td><td>{self.kind(each["schema"])}</td>'
                        f"<td>{need}</td><td>{phrase(each.get('description'))}</td></tr>")
        if not rows:
            return ""
        return ('<table><caption>Parameters</caption><thead><tr><th scope="col">Name</th><th scope="col">Where</th><th scope="col">Value</th>'
                f'<th scope="col">Notes</th><th scope="col">Meaning</th></tr></thead><tbody>{"".join(rows)}</tbody></table>')

    def body(self, operation):
        body = self.look_up(operation.get("requestBody") or {})
        out = ""
        for media, content in (body.get("content") or {}).items():
            schema = content.get("schema", {})
            out += f"<p>Body: <code>{html.escape(media)}</code>, {self.kind(schema)}</p>"
            if "$ref" not in schema:
                out += self.members(schema, "Members of the body")
            if "example" in content:
                out += f"<pre>{html.escape(json.dumps(content['example'], indent=2, ensure_ascii=False))}</pre>"
        return out

    def answers(self, operation):
        rows = []
        for status, answer in operation["responses"].items():
            answer = self.look_up(answer)
            kinds = "; ".join(f"<code>{html.escape(media)}</code> {self.kind(content.get('schema', {}))}" for media, content in (answer.get("content") or {}).items())
            heads = ", ".join(f"<code>{html.escape(name)}</code>" for name in answer.get("headers", {}))
            rows.append(f'<tr><th scope="row">{status}</th><td>{phrase(answer.get("description"))}</td><td>{kinds}</td><td>{heads}</td></tr>')
        return ('<table><caption>Answers</caption><thead><tr><th scope="col">Status</th><th scope="col">Meaning</th><th scope="col">Body</th>'
                f'<th scope="col">Headers</th></tr></thead><tbody>{"".join(rows)}</tbody></table>')

    def operation(self, method, path, operation, item):
        old = ' <span class="old">deprecated</span>' if operation.get("deprecated") else ""
        return (f'<section id="{operation["operationId"]}"><h3><span class="m">{method.upper()}</span> <code>{html.escape(path)}</code>{old}</h3>'
                f'<p><strong>{phrase(operation.get("summary"))}.</strong> <code>{operation["operationId"]}</code></p>{text(operation.get("description"))}'
                f"{self.parameters(operation, item)}{self.body(operation)}{self.answers(operation)}</section>")

    def schemas(self):
        out = ""
        for name, schema in self.document["components"]["schemas"].items():
            out += f'<section id="schema-{name}"><h3>{name}</h3>{text(schema.get("description"))}'
            if name == "ProblemCode":
                out += '<p>The codes and what they mean are on <a href="problems">the page of problems</a>.</p></section>'
                continue
            out += self.members(schema, "Members") or f"<p>{self.kind(schema)}</p>"
            if schema.get("examples"):
                out += f"<pre>{html.escape(json.dumps(schema['examples'][0], indent=2, ensure_ascii=False, default=str))}</pre>"
            out += "</section>"
        return out

    def whole(self):
        tags = [(tag["name"], tag.get("description", "")) for tag in self.document.get("tags", [])]
        by_tag = {name: [] for name, _ in tags}
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method in METHODS:
                    by_tag.setdefault((operation.get("tags") or ["Other"])[0], []).append((method, path, operation, item))
        info = self.document["info"]
        parts = [f'<h1>{html.escape(info["title"])} {html.escape(str(info["version"]))}</h1>{text(info.get("description"))}',
                 '<p>This document as <a href="openapi.yaml">YAML</a> and as <a href="openapi.json">JSON</a>; <a href="problems">every problem code</a>.</p>',
                 '<nav aria-label="Operations"><h2>Operations</h2><ul>']
        known = dict(tags)
        for name, operations in by_tag.items():
            if operations:
                parts.append(f'<li><a href="#tag-{name.replace(" ", "-")}">{html.escape(name)}</a></li>')
        parts.append('<li><a href="#schemas">Schemas</a></li></ul></nav>')
        for name, operations in by_tag.items():
            if operations:
                parts.append(f'<h2 id="tag-{name.replace(" ", "-")}">{html.escape(name)}</h2>{text(known.get(name))}')
                parts += [self.operation(*each) for each in operations]
        parts.append(f'<h2 id="schemas">Schemas</h2>{self.schemas()}')
        return page(f'{info["title"]}: the API', "".join(parts))

    def problems(self):
        codes = self.document["components"]["schemas"]["ProblemCode"]
        rows = "".join(
            f'<tr id="{code}"><th scope="row"><code>{code}</code></th><td>{meaning["status"]}</td><td>{phrase(meaning["text"])}</td></tr>'
            for code, meaning in codes["x-meanings"].items())
        return page("Entente: problems", f"""<h1>Problems</h1>{text(codes["description"])}
<table><caption>Every code that this gateway can send</caption><thead><tr><th scope="col">Code</th><th scope="col">Status</th>
<th scope="col">Meaning, and what helps</th></tr></thead><tbody>{rows}</tbody></table><p><a href="docs">The whole API</a></p>""")


def page(title, content):
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>"
            f'<a class="skip" href="#content">Skip to the content</a><main id="content">{content}</main></body></html>\n')


def as_source(texts):
    """Bytes as numbers: a string literal has a length limit, and raw literals a delimiter that a text may contain."""
    out = ['#include "server/openapi_text.hpp"\n\nnamespace entente {\n\nnamespace {\n']
    for name, value in texts.items():
        numbers = ",".join(map(str, value.encode("utf-8")))
        lines = re.sub(r"((?:\d+,){64})", r"\1\n", numbers)
        out.append(f"constexpr unsigned char {name}_bytes[] = {{\n{lines},\n0}};\n")
    out.append("}  // namespace\n\n")
    for name in texts:
        out.append(f"std::string_view {name}() {{\n    return {{reinterpret_cast<const char*>({name}_bytes), sizeof {name}_bytes - 1}};\n}}\n\n")
    return "".join(out) + "}  // namespace entente\n"


def main(source, target):
    with open(source, encoding="utf-8") as file:
        raw = file.read()
    document = yaml.safe_load(raw)
    rendered = Page(document)
    if target.endswith(".html"):
        result = rendered.whole()
    else:
        result = as_source({
            "openapi_text": raw,
            "openapi_json": json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n",
            "openapi_page": rendered.whole(),
            "problems_page": rendered.problems(),
            "page_style_digest": base64.b64encode(hashlib.sha256(STYLE.encode("utf-8")).digest()).decode("ascii"),
        })
    with open(target, "w", encoding="utf-8") as file:
        file.write(result)


if __name__ == "__main__":
    main(*sys.argv[1:])
