"""An evidence pack as an auditor holds it: files, and nothing of the gateway. Recomputes what the pack says from its own bytes."""

import base64
import hashlib
import io
import json
import zipfile


class Pack:
    def __init__(self, files):
        self.files = dict(files)

    @classmethod
    def of_answer(cls, answer):
        return cls({file["name"]: file["text"].encode() if "text" in file else base64.b64decode(file["base64"]) for file in answer["files"]})

    @classmethod
    def of_archive(cls, path):
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            assert archive.testzip() is None
            return cls({name: archive.read(name) for name in archive.namelist()})

    def json(self, name):
        return json.loads(self.files[name])

    @property
    def report(self):
        return self.files["report.html"].decode()

    @property
    def all_text(self):
        """Every file that is text; salts are chance."""
        return "\n".join(content.decode() for name, content in self.files.items() if not name.endswith(".salt"))

    def write(self, folder):
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder

    def check_sums(self):
        """sha256sum -c SHA256SUMS"""
        listed = dict(reversed(line.split("  ")) for line in self.files["SHA256SUMS"].decode().splitlines())
        assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in self.files.items() if name != "SHA256SUMS"}

    @property
    def controls(self):
        return {item["id"]: item for item in self.json("controls.json")["items"]}

    @staticmethod
    def population(control):
        return [index for first, last in control["population"] for index in range(first, last + 1)]

    @staticmethod
    def redraw(population, seed, count):
        """The rule of samples.json, written down a second time."""
        rank = lambda index: hashlib.sha256(b"entente-sample/v1\0" + seed.encode() + b"\0" + index.to_bytes(8, "big")).digest()
        return sorted(sorted(population, key=rank)[:count])

    @staticmethod
    def population_digest(population):
        return hashlib.sha256(b"".join(index.to_bytes(8, "big") for index in population)).hexdigest()

    def check_entry(self, item):
        """The entry hashes to its leaf, and its opened core section to the commitment that the entry holds. Returns the section."""
        entry = base64.b64decode(item["entry"])
        assert hashlib.sha256(b"\0" + entry).hexdigest() == item["leaf"] and entry[:4] == b"GWA1"
        if item["opened"] is None:
            return None
        text, salt = self.files[item["opened"]], self.files[item["opened"].replace(".json", ".salt")]
        commitments = {entry[32 + 65 * i]: entry[33 + 65 * i:65 + 65 * i] for i in range(entry[5])}
        assert hashlib.sha256(b"gw-audit/v1/commit\0\x01" + salt + text).digest() == commitments[1]
        core = json.loads(text)
        assert core["metadata"]["uid"] == item["event"] and core["api"]["operation"] == item["operation"]
        return core

    def check_samples(self):
        samples, controls = self.json("samples.json"), self.controls
        opened = {item["index"]: self.check_entry(item) for item in samples["items"]}
        for control in controls.values():
            if control["serves"] == "no":
                continue
            population = self.population(control)
            assert len(population) == control["entries"] and self.population_digest(population) == control["populationDigest"]
            assert control["sample"] == self.redraw(population, samples["seed"], samples["samples"])
            assert set(control["sample"]) <= set(opened)
        return opened


# The structure of OSCAL 1.1.3 assessment results, as far as a pack uses it. Objects are closed, as in the published schema.
TOKEN = r"^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$".replace(r"\p{L}", "[A-Za-z]").replace(r"\p{N}", "[0-9]")
UUID = r"^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$"


def _closed(required, **members):
    return {"type": "object", "additionalProperties": False, "required": required, "properties": members}


def _list(item):
    return {"type": "array", "minItems": 1, "items": item}


_uuid, _text, _time = {"type": "string", "pattern": UUID}, {"type": "string", "pattern": r"^\S(.*\S)?$"}, {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
_token = {"type": "string", "pattern": TOKEN}
OSCAL = _closed(["assessment-results"], **{"assessment-results": _closed(["uuid", "metadata", "import-ap", "results"], **{
    "uuid": _uuid,
    "metadata": _closed(["title", "last-modified", "version", "oscal-version"], **{"title": _text, "last-modified": _time, "version": _text, "oscal-version": _text}),
    "import-ap": _closed(["href"], href={"type": "string", "format": "uri-reference"}),
    "results": _list(_closed(["uuid", "title", "description", "start", "reviewed-controls"], **{
        "uuid": _uuid, "title": _text, "description": _text, "start": _time, "end": _time,
        "reviewed-controls": _closed(["control-selections"], **{"control-selections": _list(_closed([], **{"include-controls": _list(_closed(["control-id"], **{"control-id": _token}))}))}),
        "observations": _list(_closed(["uuid", "description", "methods", "collected"], **{
            "uuid": _uuid, "title": _text, "description": _text, "collected": _time,
            "props": _list(_closed(["name", "value"], name=_token, ns={"type": "string", "format": "uri"}, value=_text)),
            "methods": _list({"enum": ["EXAMINE", "INTERVIEW", "TEST", "UNKNOWN"]}),
            "types": _list({"enum": ["ssp-statement-issue", "control-objective", "mitigation", "finding", "historic"]}),
            "relevant-evidence": _list(_closed(["description"], href={"type": "string", "format": "uri-reference"}, description=_text)),
        })),
    })),
    "back-matter": _closed([], resources=_list(_closed(["uuid"], uuid=_uuid, title=_text, description=_text, rlinks=_list(
        _closed(["href"], **{"href": {"type": "string"}, "media-type": {"type": "string", "pattern": r"^\S+/\S+$"}}))))),
})})
