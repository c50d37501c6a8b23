# SPDX-License-Identifier: MIT
"""What the scripts of this folder share: a run of the rig against a fake module, and its journal."""
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
DRIVE, SUITE = sys.argv[1:3] if len(sys.argv) > 2 else (None, None)


def fake(*modes):
    """The address of a fake module with these defects."""
    return "exec:" + shlex.join([sys.executable, "-S", str(HERE / "fake_iut.py"), *modes])


class Run:
    """One finished run."""

    def __init__(self, status, journal):
        self.end, self.signal, self.text = status.split(" ", 2)
        self.lines = journal

    def of(self, event, **members):
        return [x for x in self.lines
                if x["e"] == event and all(x.get(k) == v for k, v in members.items())]

    def verdicts(self):
        names = {x["c"]: x["case"] for x in self.of("plan")}
        return {names[x["c"]].rsplit("/", 1)[1]: x["verdict"] for x in self.of("verdict")}

    def verdict(self, case):
        index = next(x["c"] for x in self.of("plan") if x["case"].endswith("/" + case))
        return self.of("verdict", c=index)[0]

    def bytes(self, event, case=None):
        return "".join(x.get("bytes", "") for x in self.of(event) if case in (None, x["c"]))


class RigTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory(prefix="rt-")
        self.addCleanup(self.tmp.cleanup)
        self.dir = pathlib.Path(self.tmp.name)
        self.out = self.dir / "run"
        self.out.mkdir()
        self.private = self.dir / "tmp"
        self.private.mkdir()

    def command(self, *cases, iut=None, **options):
        words = [DRIVE, "--suite", options.pop("suite", SUITE), "--dir", str(self.out)]
        for address in iut if isinstance(iut, list) else [iut or fake()]:
            words += ["--iut", address]
        for case in cases:
            words += ["--case", "fake/at/" + case]
        for rate in options.pop("rates", [115200, 9600]):
            words += ["--rate", str(rate)]
        for key, value in options.items():
            words += ["--" + key.replace("_", "-"), str(value)]
        return words

    def start(self, *cases, **options):
        env = dict(os.environ, TMPDIR=str(self.private))
        before = options.pop("preexec_fn", None)
        return subprocess.Popen(self.command(*cases, **options), env=env, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=before)

    def finish(self, process, timeout=90):
        out, err = process.communicate(timeout=timeout)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(err, "")
        return Run(out.rstrip("\n"), self.journal())

    def journal(self):
        path = self.out / "journal.jsonl"
        if not path.exists():
            return []
        lines = []
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines()):
            line = json.loads(text)
            self.assertEqual(line["n"], number)
            self.assertEqual(list(line)[:3], ["n", "t", "e"])
            lines.append(line)
        return lines

    def run_rig(self, *cases, **options):
        run = self.finish(self.start(*cases, **options))
        self.assert_clean()
        return run

    def assert_clean(self):
        """No temporary file and no process of this run is left."""
        self.assertEqual(list(self.private.iterdir()), [])
        left = []
        for environ in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"TMPDIR={self.private}".encode() in environ.read_bytes():
                    left.append(environ.with_name("cmdline").read_bytes())
            except OSError:
                pass
        self.assertEqual(left, [])


def main():
    del sys.argv[1:3]
    unittest.main(verbosity=1)
