# SPDX-License-Identifier: MIT
"""The script of docs/labgrid.md, as it stands there, with a stand-in for labgrid-client and the virtual
module in the board's place: acquired once, released once, whatever the run does."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

BUILD = os.environ["ATCONFORM_BUILD"]
SOURCE = os.environ["ATCONFORM_SOURCE"]
ATCONFORM = os.path.join(BUILD, "src/cli/atconform")
with open(os.path.join(SOURCE, "docs/labgrid.md"), encoding="utf-8") as text:
    (SCRIPT,) = re.findall(r"```bash\n(.*?)```", text.read(), re.S)

CLIENT = """#!/bin/bash
echo "$*" >>"$TEST_LOG"
case "$*" in
acquire) [ -z "${TEST_TAKEN:-}" ] ;;
release) ;;
--config*export*)
  [ -z "${TEST_MUTE:-}" ] || exit 1
  grep -q "name: $LG_PLACE" "$2" || exit 1
  # As labgrid writes it: without a line end, and then it stays.
  printf "LG__CLIENT_PID=%s\\nLG__SERIALDRIVER_HOST=127.0.0.1\\nLG__SERIALDRIVER_PORT=7001" "'$$'" >"${@: -1}.new"
  mv "${@: -1}.new" "${@: -1}"
  exec python3 -c 'import signal; signal.pause()'
  ;;
*) exit 2 ;;
esac
"""
TESTER = """#!/bin/bash
[ "$1 $2 $3" = "run --iut rfc2217:127.0.0.1:7001?baud=115200" ] || exit 99
shift 3
exec %s run --iut "$TEST_IUT" "$@"
""" % ATCONFORM


class BoardRun(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.home, True)
        for name, text in (("labgrid-client", CLIENT), ("atconform", TESTER), ("board-run", SCRIPT)):
            path = os.path.join(self.home, name)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            os.chmod(path, 0o755)
        os.mkdir(os.path.join(self.home, "tmp"))

    def start(self, *words, iut="virtual:", **env):
        env = {**os.environ, "PATH": self.home + ":" + os.environ["PATH"], "TEST_LOG": os.path.join(self.home, "log"),
               "TMPDIR": os.path.join(self.home, "tmp"), "TEST_IUT": iut, **env}
        return subprocess.Popen([os.path.join(self.home, "board-run"), "esp8266-1", "--out", os.path.join(self.home, "run"),
                                 *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, process, timeout=120):
        try:
            self.said = "".join(process.communicate(timeout=timeout))
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return process.returncode

    def asked(self):
        with open(os.path.join(self.home, "log"), encoding="utf-8") as f:
            return [line.split()[-1] if "export" not in line else "export" for line in f.read().splitlines()]

    def check_left(self, *asked):
        self.assertEqual(self.asked(), list(asked), self.said)
        self.assertEqual(os.listdir(os.path.join(self.home, "tmp")), [], "its folder is gone")
        end = time.monotonic() + 10
        while (left := self.processes()) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(left, [], "processes are left")

    def processes(self):
        """Those of this test."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as f:
                    if ("TEST_LOG=" + self.home).encode() in f.read():
                        found.append(pid)
            except OSError:
                pass
        return found

    def test_a_run(self):
        code = self.end(self.start("basic/at/*"))
        self.assertEqual(code, 0, self.said)
        self.check_left("acquire", "export", "release")
        self.assertTrue(os.path.exists(os.path.join(self.home, "run/report.json")))

    def test_codes_of_the_run(self):
        for iut, wanted in (("virtual:?fault=no-info:gmr.execute", 1), ("pty:/nowhere", 3)):
            with self.subTest(iut):
                shutil.rmtree(os.path.join(self.home, "run"), True)
                if os.path.exists(os.path.join(self.home, "log")):
                    os.unlink(os.path.join(self.home, "log"))
                self.assertEqual(self.end(self.start("basic/gmr/*", iut=iut)), wanted, self.said)
                self.check_left("acquire", "export", "release")

    def test_a_place_that_is_taken(self):
        self.assertEqual(self.end(self.start("basic/at/*", TEST_TAKEN="1")), 3)
        self.check_left("acquire")

    def test_an_address_that_is_not_told(self):
        self.assertEqual(self.end(self.start("basic/at/*", TEST_MUTE="1")), 3)
        self.assertIn("does not tell the address of esp8266-1", self.said)
        self.check_left("acquire", "export", "release")

    def test_cancelled(self):
        """The run ends by itself, with its reports, and then the place is released."""
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                shutil.rmtree(os.path.join(self.home, "run"), True)
                if os.path.exists(os.path.join(self.home, "log")):
                    os.unlink(os.path.join(self.home, "log"))
                process = self.start("basic/rst/*", "basic/restore/*", iut="virtual:?boot-ms=500")
                journal = os.path.join(self.home, "run/journal.jsonl")
                end = time.monotonic() + 60
                while time.monotonic() < end and not self.begun(journal):
                    time.sleep(0.05)
                process.send_signal(number)
                self.assertEqual(self.end(process), 143, self.said)
                self.assertTrue(os.path.exists(os.path.join(self.home, "run/report.json")), self.said)
                self.check_left("acquire", "export", "release")

    @staticmethod
    def begun(journal):
        if not os.path.exists(journal):
            return False
        with open(journal, encoding="utf-8") as f:
            return '"e":"lease"' in f.read()

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is not installed")
    def test_shell(self):
        done = subprocess.run(["shellcheck", "-e", "SC1091,SC2015,SC2317", os.path.join(self.home, "board-run")],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
