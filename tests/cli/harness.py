# SPDX-License-Identifier: MIT
"""Drives the built programs for the tests of the command line: every run has its own folder for
temporary files and its own mark in the environment, so that whatever it leaves behind is seen."""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import uuid
import xml.etree.ElementTree as ET

BUILD = os.environ["ATCONFORM_BUILD"]
SOURCE = os.environ["ATCONFORM_SOURCE"]
ATCONFORM = os.path.join(BUILD, "src/cli/atconform")
SUITE = os.path.join(BUILD, "suites/atconform-suite")
ATMODULE = os.path.join(BUILD, "fixtures/module/atmodule")
FAKE_IUT = os.path.join(BUILD, "tests/cli/fake-iut")
MARK = "ATCONFORM_TEST_MARK"


def fake(mode, *options):
    """An --iut address of a module that misbehaves in this way."""
    return "exec:" + " ".join([FAKE_IUT, *options, mode])


def marked_processes(mark):
    """Processes of this run that are still alive (zombies of other parents do not count)."""
    found = []
    wanted = f"{MARK}={mark}".encode()
    for path in glob.glob("/proc/[0-9]*/environ"):
        pid = int(path.split("/")[2])
        try:
            with open(path, "rb") as f:
                if wanted not in f.read().split(b"\0"):
                    continue
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                found.append((pid, f.read().replace(b"\0", b" ").decode(errors="replace").strip()))
        except OSError:
            continue
    return found


def read_journal(path):
    """Every whole line of it; nothing when there is none yet."""
    if not os.path.exists(path):
        return []
    with open(path, "rb") as f:
        return [json.loads(line) for line in f.read().split(b"\n")[:-1]]


class Result:
    def __init__(self, code, out, err, run_dir):
        self.code, self.out, self.err, self.dir = code, out, err, run_dir

    @property
    def said(self):
        """The tool's own messages; progress lines are not among them."""
        return [l for l in self.err.splitlines() if l.startswith("atconform: ")]

    def path(self, name):
        return os.path.join(self.dir, name)

    def journal(self):
        return read_journal(self.path("journal.jsonl"))

    def verdicts(self):
        """case -> the last verdict line of it."""
        names, last = {}, {}
        for e in self.journal():
            if e["e"] == "plan":
                names[e["c"]] = e["case"]
            elif e["e"] == "verdict":
                last[names[e["c"]]] = e
        return {name: last.get(name, {"verdict": "missing"}) for name in names.values()}


class Running:
    """A run that goes on while the test does something to it."""

    def __init__(self, process, run_dir, mark, tmp):
        self.process, self.dir, self.mark, self.tmp = process, run_dir, mark, tmp
        self.seen = set()

    def signal(self, number, group=False):
        """To the supervisor, or to everything that a terminal would send it to."""
        self.seen |= {pid for pid, _ in marked_processes(self.mark)}
        if group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def workers(self):
        """Process ids that the run is known to have had."""
        events = read_journal(os.path.join(self.dir, "journal.jsonl"))
        return self.seen | {e["pid"] for e in events if e["e"] == "lease"}

    def wait(self, timeout):
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            out, err = self.process.communicate()
            raise AssertionError(f"no end after {timeout} s\nout: {(out or '')[-2000:]}\nerr: {(err or '')[-2000:]}")
        return Result(self.process.returncode, out or "", err or "", self.dir)

    def wait_for(self, wanted, timeout=60):
        """Until a journal line fits."""
        end = time.monotonic() + timeout
        path = os.path.join(self.dir, "journal.jsonl")
        while time.monotonic() < end:
            ended = self.process.poll() is not None
            if any(wanted(event) for event in read_journal(path)):
                return
            if ended:
                break
            time.sleep(0.02)
        raise AssertionError("the journal line that the test waits for never came")


class CliTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="ac-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.home, True)
        self.fakes = []

    def tearDown(self):
        for process in self.fakes:
            process.kill()
            process.communicate()

    def file(self, name, text):
        path = os.path.join(self.home, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def open_copy(self):
        """The programs and their data where another user may go: program, data folder."""
        tree = os.path.join(self.home, "tree")
        for part in ("src/cli/atconform", "suites/atconform-suite", "src/at/libgit2.so.1.5"):
            os.makedirs(os.path.dirname(os.path.join(tree, part)), exist_ok=True)
            shutil.copy(os.path.join(BUILD, part), os.path.join(tree, part))
        for part in ("suites", "fixtures"):
            shutil.copytree(os.path.join(SOURCE, part), os.path.join(tree, "data", part))
        return os.path.join(tree, "src/cli/atconform"), os.path.join(tree, "data")

    def start(self, *args, env=None, program=ATCONFORM, **popen):
        mark, tmp = uuid.uuid4().hex, tempfile.mkdtemp(prefix="t", dir=self.home)
        run_dir = dict(zip(args, args[1:])).get("--out", os.path.join(tmp, "none"))
        variables = {**os.environ, "TMPDIR": tmp, MARK: mark, "CI": "1", **(env or {})}
        process = subprocess.Popen(
            [program, *args], text=True, errors="replace", env=variables, cwd=self.home,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
               "start_new_session": True, **popen})
        return Running(process, run_dir, mark, tmp)

    def finish(self, running, timeout=90):
        result = running.wait(timeout)
        self.check_nothing_left(running)
        return result

    def call(self, *args, timeout=90, **options):
        """atconform ARGS to its end; nothing of it may be left."""
        return self.finish(self.start(*args, **options), timeout)

    def run_iut(self, iut, *args, bench=None, timeout=90, **options):
        """atconform run on this IUT, in a folder of its own."""
        out = tempfile.mkdtemp(prefix="r", dir=self.home)
        usual = "virtual" if iut.startswith("virtual:") else self.quick_bench()
        return self.call("run", "--out", out, "--bench", bench or usual, "--iut", iut, *args,
                         timeout=timeout, **options)

    def quick_bench(self, **changes):
        """The virtual module's bench with deadlines for a module that never answers."""
        bench = {
            "bench": "test", "facilities": [], "baud_rates": [115200, 9600],
            "timeouts_ms": {"answer": 1000, "restart": 2000, "silence": 60, "case": 10000,
                            "recover": 3000, "guard": 25},
            "gate_inferred": True, **changes}
        return self.file("bench.json", json.dumps(bench))

    def fake_port(self, mode, *options, how="--pty"):
        """A misbehaving module on a port of its own: (address, process)."""
        link = os.path.join(self.home, f"port{len(self.fakes)}")
        words = [FAKE_IUT] + (["--pty", link] if how == "--pty" else ["--tcp"])
        process = subprocess.Popen([*words, *options, mode], stdout=subprocess.PIPE,
                                   stdin=subprocess.DEVNULL, text=True)
        self.fakes.append(process)
        kind, where = process.stdout.readline().split()
        return (f"pty:{link}" if kind == "pty" else f"tcp:{where}"), process

    def check_nothing_left(self, running):
        end = time.monotonic() + 30
        left = marked_processes(running.mark)
        while left and time.monotonic() < end:
            time.sleep(0.05)
            left = marked_processes(running.mark)
        for pid, _ in left:
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(left, [], "processes are left")
        self.assertEqual(os.listdir(running.tmp), [], "temporary files are left")
        forms = ["/dev/shm/bxfi_{}"]
        if running.process.returncode != -signal.SIGKILL:
            forms.append("/tmp/criterion_{}.sock")  # else the next run clears it away
        left = [path for form in forms for path in map(form.format, running.workers()) if os.path.exists(path)]
        self.assertEqual(left, [], "what Criterion shares with its workers is left")

    def check_said(self, result, code, *patterns):
        """The exit code, and exactly one line of the tool that fits them all."""
        self.assertEqual(result.code, code,
                         f"exit code; stderr:\n{result.err[-600:]}\n{result.out[-600:]}")
        self.assertEqual(len(result.said), 1, f"one message expected:\n{result.err[-1500:]}")
        for pattern in patterns:
            self.assertRegex(result.said[0], pattern)
        self.assertNotRegex(result.said[0], r"[\x00-\x1f\x7f]", "a control byte in the message")

    def check_journal(self, result, end="complete"):
        """Nothing is lost: sequence, order, one verdict a case, the end."""
        with open(result.path("journal.jsonl"), "rb") as f:
            self.assertTrue(f.read().endswith(b"\n"), "the last line is whole")
        events = result.journal()
        self.assertEqual([e["n"] for e in events], list(range(len(events))), "sequence numbers")
        times = [e["t"] for e in events if e["e"] not in ("rx", "tx")]
        self.assertEqual(times, sorted(times), "times go forward")
        self.assertEqual(events[0]["e"], "run")
        self.assertEqual(events[-1]["e"], "end")
        self.assertEqual(events[-1]["reason"], end, events[-1])
        cases = [e["c"] for e in events if e["e"] == "plan"]
        judged = [e["c"] for e in events if e["e"] == "verdict"]
        self.assertEqual(len(judged), len(set(judged)), "a case was judged twice")
        self.assertLessEqual(set(judged), set(cases))
        if end == "complete":
            self.assertEqual(set(judged), set(cases))
            leases = [e["c"] for e in events if e["e"] == "lease"]
            releases = [e["c"] for e in events if e["e"] == "release"]
            self.assertEqual(sorted(leases), sorted(releases), "leases and releases")
        return events

    def check_reports(self, result):
        """Each report is there and its reader can read it."""
        with open(result.path("report.json"), encoding="utf-8") as f:
            report = json.load(f)
        suites = ET.parse(result.path("junit.xml")).getroot()
        with open(result.path("report.html"), encoding="utf-8") as f:
            html = f.read()
        self.assertTrue(html.rstrip().endswith("</html>"), "the HTML report is whole")
        cases = [f"{c.get('classname')} {c.get('name')}" for c in suites.iter("testcase")]
        self.assertEqual(len(cases), len(set(cases)), "a JUnit test case twice")
        planned = len([e for e in result.journal() if e["e"] == "plan"])
        # A run that verified nothing or did not end well is a test case of its own.
        extra = 0 if result.code in (0, 1) else 1
        self.assertIn(len(cases), (planned, planned + extra), "JUnit test cases")
        tests = [t for t in report["results"]["tests"] if t.get("type") != "run"]
        self.assertEqual(len(tests), planned, "CTRF tests")
        failed = report["results"]["summary"]["failed"]
        self.assertTrue(failed or result.code == 0, "CTRF shows no failed test")
        return report, suites, html


def events_of(events, kind):
    return [e for e in events if e["e"] == kind]


def received(events, case=None):
    """The bytes that the module sent, as journaled."""
    return b"".join(e["bytes"].encode("latin-1") for e in events
                    if e["e"] == "rx" and "bytes" in e and (case is None or e["c"] == case))


def count_lines(text, pattern):
    return len(re.findall(pattern, text, re.M))
