# SPDX-License-Identifier: MIT
"""A headless Chromium led by its debugging pipe: opens a page, presses keys, asks what is there.

Only what the tests and measures of the HTML reports need, with Python's own library alone."""
import base64
import collections
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--disable-dev-shm-usage",
         # The browser calls home in spite of all that: nothing resolves, and no proxy helps it.
         "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND"]
CODES = {"Enter": 13, "Escape": 27, "Tab": 9, " ": 32, "ArrowDown": 40, "ArrowUp": 38}
# When the page's script is done: the time since the navigation began.
WATCH = """new MutationObserver(function (all, self) {
  var root = document.documentElement;
  if (root && root.dataset.ready && !window.readyAt) { window.readyAt = performance.now(); self.disconnect(); }
}).observe(document, {attributes: true, subtree: true, attributeFilter: ['data-ready']});"""


class Browser:
    """`with Browser() as b: b.open(file); b.eval("document.title")`."""

    def __init__(self, width=1400, height=900, patience=60):
        self.patience, self.number, self.rest = patience, 0, b""
        self.messages, self.requests, self.log, self.loaded = collections.deque(), [], [], False
        self.home = tempfile.mkdtemp(prefix="atconform-chromium-")
        from_us, self.to = self.pipe()
        self.fro, to_us = self.pipe()
        self.process = subprocess.Popen(
            ["bash", "-c", 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"', "bash", str(from_us),
             str(to_us), CHROMIUM, *FLAGS, "--remote-debugging-pipe",
             "--user-data-dir=" + self.home, "--window-size=%d,%d" % (width, height), "about:blank"],
            pass_fds=(from_us, to_us), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(from_us)
        os.close(to_us)
        self.session = None
        page = self.call("Target.getTargets")["targetInfos"]
        target = next(t["targetId"] for t in page if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for part in ("Page", "Runtime", "Network", "Log", "Performance", "DOM"):
            self.call(part + ".enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)

    @staticmethod
    def pipe():
        """Both ends far from 3 and 4, which are the browser's."""
        ends = []
        for end in os.pipe():
            ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10))
            os.close(end)
        return ends

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(10)
        except (OSError, TimeoutError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.fro)
        shutil.rmtree(self.home, ignore_errors=True)

    def call(self, method, **params):
        """Sends a command and gives its result; events that come before it are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        until = time.monotonic() + self.patience
        while True:
            answer = self.receive(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError("%s: %s" % (method, answer["error"].get("message")))
                return answer["result"]

    def receive(self, until):
        while b"\0" not in self.rest:
            if not select.select([self.fro], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError("the browser says nothing")
            data = os.read(self.fro, 1 << 20)
            if not data:
                raise OSError("the browser is gone")
            self.rest += data
        line, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(line)
        self.note(message)
        return message

    def note(self, message):
        what, params = message.get("method"), message.get("params", {})
        if what == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif what == "Runtime.consoleAPICalled":
            self.log.append(" ".join(str(a.get("value", a.get("description"))) for a in params["args"]))
        elif what == "Runtime.exceptionThrown":
            self.log.append(params["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        elif what == "Log.entryAdded":
            self.log.append(params["entry"]["text"])
        elif what == "Page.loadEventFired":
            self.loaded = True

    def open(self, file, fragment=""):
        """Loads the file anew and waits until it is there."""
        self.requests, self.log, self.loaded = [], [], False
        self.call("Page.navigate", url="about:blank")
        self.wait_loaded()
        self.loaded = False
        self.call("Page.navigate", url="file://%s%s" % (file, fragment))
        self.wait_loaded()

    def wait_loaded(self):
        until = time.monotonic() + self.patience
        while not self.loaded:
            self.receive(until)

    def eval(self, expression):
        """A value of the page, promises awaited."""
        got = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in got:
            raise RuntimeError(got["exceptionDetails"].get("exception", {}).get("description", expression))
        return got["result"].get("value")

    def settle(self):
        """Until the page has shown what it was last told."""
        self.eval("new Promise(function (done) { requestAnimationFrame(function () {"
                  " setTimeout(done, 0); }); })")

    def key(self, *keys):
        """Presses keys as a person would: `key("Tab", "j", "Enter")`; "Shift+Tab" too."""
        for key in keys:
            shift = key.startswith("Shift+")
            name = key[6:] if shift else key
            text = {"Enter": "\r"}.get(name, name if len(name) == 1 else "")
            code = CODES.get(name) or ord(name.upper())
            common = {"key": name, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
            self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **common)
            self.call("Input.dispatchKeyEvent", type="keyUp", **common)
        self.settle()

    def click(self, selector):
        """A press of the mouse's button in the middle of an element."""
        x, y = self.eval("(function (e) { e.scrollIntoView({block: 'center'}); var r = e.getBoundingClientRect();"
                         " return [r.x + Math.min(r.width / 2, 200), r.y + r.height / 2]; }"
                         "(document.querySelector(%s)))" % json.dumps(selector))
        for what in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=what, x=x, y=y, button="left", clickCount=1)
        self.settle()

    def look(self, dark=False, media="screen"):
        """How the reader likes pages: light or dark, on a screen or on paper."""
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def picture(self, file):
        with open(file, "wb") as out:
            out.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def pdf(self):
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

    def tree(self):
        """What a screen reader is told: all nodes that it does not ignore, as (role, name)."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n["ignored"]]

    def renderers(self):
        """Process ids of pages, and the seconds of CPU that each took."""
        session, self.session = self.session, None
        all_of = self.call("SystemInfo.getProcessInfo")["processInfo"]
        self.session = session
        return {p["id"]: p["cpuTime"] for p in all_of if p["type"] == "renderer"}

    def cpu(self, before):
        """Seconds that the page's process has worked since renderers() said `before`."""
        return max(now - before.get(pid, 0) for pid, now in self.renderers().items())

    def memory(self):
        """Bytes: of the page's process, and of its script's heap, after what is garbage is gone."""
        self.call("HeapProfiler.collectGarbage")
        heap = {m["name"]: m["value"] for m in self.call("Performance.getMetrics")["metrics"]}
        most = 0
        for pid in self.renderers():
            with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as file:
                most = max(most, sum(int(line.split()[1]) << 10 for line in file if line.startswith("Private_")))
        return {"process": most, "heap": heap["JSHeapUsedSize"], "nodes": heap["Nodes"]}
