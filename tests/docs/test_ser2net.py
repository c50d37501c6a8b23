# SPDX-License-Identifier: MIT
"""The ser2net configuration of README.md, served by ser2net itself, with the virtual module at the port."""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

BUILD = os.environ["ATCONFORM_BUILD"]
SOURCE = os.environ["ATCONFORM_SOURCE"]
ATCONFORM = os.path.join(BUILD, "src/cli/atconform")
ATMODULE = os.path.join(BUILD, "fixtures/module/atmodule")
SER2NET = shutil.which("ser2net", path=os.environ["PATH"] + ":/usr/sbin")
HOST = f"127.{158 + os.getpid() % 20}.{1 + os.getpid() // 20 % 250}.1"  # this run's own


@unittest.skipUnless(SER2NET, "ser2net is not installed")
class Ser2net(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.home, True)
        port = os.path.join(self.home, "port")
        self.begin([ATMODULE, "--pty", port], lambda: os.path.exists(port))
        with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as f:
            (text,) = re.findall(r"```yaml\n(%YAML.*?)```", f.read(), re.S)
        text, hosts = re.subn(r"192\.168\.77\.10", HOST, text)
        text, devices = re.subn(r"serialdev,/dev/serial/by-id/[^,]*", f"serialdev(nouucplock),{port}", text)
        self.assertEqual((hosts, devices), (1, 1))
        self.text = text

    def begin(self, words, ready):
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def end():
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.addCleanup(end)
        limit = time.monotonic() + 60
        while not ready():
            self.assertIsNone(process.poll(), words)
            self.assertLess(time.monotonic(), limit, words)
            time.sleep(0.02)

    def serve(self, text):
        path = os.path.join(self.home, "ser2net.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        wanted = f"{socket.inet_aton(HOST)[::-1].hex().upper()}:{7001:04X} "

        def listens():
            with open("/proc/net/tcp", encoding="ascii") as f:
                return wanted in f.read()
        self.begin([SER2NET, "-n", "-c", path], listens)

    def judge(self, address):
        return subprocess.run([ATCONFORM, "run", "--iut", address, "--out", os.path.join(self.home, "run"), "basic/gmr/*"],
                              capture_output=True, text=True, check=False, timeout=180)

    def test_with_rfc2217(self):
        self.serve(self.text)
        done = self.judge(f"rfc2217:{HOST}:7001")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_without(self):
        self.serve(self.text.replace("telnet(rfc2217),", ""))
        done = self.judge(f"tcp:{HOST}:7001")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_message_of_the_readme(self):
        self.serve(self.text.replace("telnet(rfc2217),", ""))
        done = self.judge(f"rfc2217:{HOST}:7001")
        self.assertEqual(done.returncode, 3)
        self.assertIn("is no RFC 2217 server", done.stderr)


if __name__ == "__main__":
    unittest.main()
