"""A real Chromium, driven over the WebDriver protocol (W3C) as Debian's chromium-driver speaks it: plain HTTP, no client library."""

import contextlib
import shutil
import subprocess
import tempfile

import requests

from support.gateway import free_port, until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Refused(Exception):
    pass


class Driver:
    """One chromedriver process; browsers are its sessions."""

    def __init__(self):
        found = shutil.which("chromedriver")
        assert found, "chromedriver is missing: deploy/packages test"
        self.port = free_port()
        self.process = subprocess.Popen([found, f"--port={self.port}", "--log-level=SEVERE"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = requests.Session()
        self.session.trust_env = False
        until(self._ready, 60, "chromedriver")

    def _ready(self):
        with contextlib.suppress(requests.ConnectionError, Refused):
            return self.call("GET", "/status")["ready"]
        return False

    def call(self, method, path, body=None):
        answer = self.session.request(method, f"http://127.0.0.1:{self.port}{path}", json=body if method == "POST" else None, timeout=120).json()["value"]
        if isinstance(answer, dict) and "error" in answer:
            raise Refused(f"{answer['error']}: {answer['message'][:500]}")
        return answer

    def close(self):
        self.process.terminate()
        self.process.wait(30)


class Browser:
    """`scripts` False: the browser runs none of a page. `width` None: a desktop; a number: a phone of that many pixels."""

    def __init__(self, driver, *, scripts=True, width=None, language="en"):
        self.driver = driver
        self.profile = tempfile.TemporaryDirectory()
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", f"--user-data-dir={self.profile.name}", f"--lang={language}",
                            "--window-size=1280,900"],
                   "prefs": {} if scripts else {"profile.managed_default_content_settings.javascript": 2}}
        capabilities = {"alwaysMatch": {"browserName": "chrome", "acceptInsecureCerts": True, "goog:chromeOptions": options}}
        self.path = "/session/" + driver.call("POST", "/session", {"capabilities": capabilities})["sessionId"]
        if width:
            self._call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride",
                                                     "params": {"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": False}})

    def close(self):
        self.driver.call("DELETE", self.path)
        self.profile.cleanup()

    def _call(self, method, path, body=None):
        return self.driver.call(method, self.path + path, {} if body is None and method == "POST" else body)

    def open(self, url):
        self._call("POST", "/url", {"url": url})

    @property
    def url(self):
        return self._call("GET", "/url")

    @property
    def source(self):
        return self._call("GET", "/source")

    def find(self, css):
        return [row[ELEMENT] for row in self._call("POST", "/elements", {"using": "css selector", "value": css})]

    def one(self, css):
        found = self.find(css)
        assert len(found) == 1, f"{len(found)} elements fit {css}"
        return found[0]

    def click(self, css):
        self._call("POST", f"/element/{self.one(css)}/click")

    def follow(self, css):
        """Clicks what leads to another document and waits for that."""
        before = self.one("html")
        self.click(css)
        until(lambda: self.find("html") not in ([], [before]) and self.run("return document.readyState") == "complete", 60, "the next page")

    def type(self, css, text):
        element = self.one(css)
        self._call("POST", f"/element/{element}/clear")
        self._call("POST", f"/element/{element}/value", {"text": text})

    def text(self, css):
        return self._call("GET", f"/element/{self.one(css)}/text")

    def role(self, element):
        return self._call("GET", f"/element/{element}/computedrole")

    def label(self, element):
        """The name that a screen reader says."""
        return self._call("GET", f"/element/{element}/computedlabel")

    def rect(self, element):
        return self._call("GET", f"/element/{element}/rect")

    def selected(self, element):
        return self._call("GET", f"/element/{element}/selected")

    def run(self, script, *arguments):
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def press(self, *keys):
        actions = [step for key in keys for step in ({"type": "keyDown", "value": key}, {"type": "keyUp", "value": key})]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})
