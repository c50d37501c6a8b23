# SPDX-License-Identifier: MIT
"""A whole run of the basic family under strace: no socket leaves the machine."""
import os
import re
import shutil
import subprocess
import unittest

from harness import ATCONFORM, CliTest

CALLS = "socket,connect,bind,sendto,sendmsg,sendmmsg"


def foreign(line):
    """Why a traced call is not allowed, or None."""
    if re.search(r"socket\(AF_(?!UNIX|INET\b|INET6\b)", line):
        return "family of the socket"
    for address in re.findall(r'inet_addr\("([^"]*)"\)', line):
        if not address.startswith("127."):
            return f"address {address}"
    for address in re.findall(r'inet_pton\(AF_INET6, "([^"]*)"', line):
        if address != "::1":
            return f"address {address}"
    if re.search(r"sa_family=AF_(?!UNIX|INET\b|INET6\b|UNSPEC)", line):
        return "family of the address"
    return None


class Network(CliTest):
    def test_filter_itself(self):
        for good in ('connect(3, {sa_family=AF_UNIX, sun_path="/tmp/x"}, 110) = 0',
                     'bind(3, {sa_family=AF_INET, sin_port=htons(0), '
                     'sin_addr=inet_addr("127.0.3.1")}, 16) = 0',
                     'sendto(4, "AT\\r\\n", 4, 0, NULL, 0) = 4'):
            self.assertIsNone(foreign(good), good)
        for bad in ('socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 3',
                    'bind(3, {sa_family=AF_INET, sin_port=htons(80), '
                    'sin_addr=inet_addr("0.0.0.0")}, 16) = 0',
                    'connect(3, {sa_family=AF_INET6, sin6_port=htons(53), '
                    'inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28) = 0'):
            self.assertIsNotNone(foreign(bad), bad)

    def test_no_socket_leaves_the_machine(self):
        strace = shutil.which("strace")
        if not strace or subprocess.run([strace, "-o", "/dev/null", "/bin/true"], check=False,
                                        stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("strace can't trace here")
        log, out = os.path.join(self.home, "trace"), os.path.join(self.home, "run")
        result = self.call("-f", "--seccomp-bpf", "-qq", "-e", f"trace={CALLS}", "-e", "signal=none",
                           "-o", log, ATCONFORM, "run", "--out", out, "basic/*",
                           program=strace, timeout=400)
        self.assertIn(result.code, (0, 1), result.err)
        with open(log, encoding="utf-8", errors="replace") as f:
            lines = f.read().splitlines()
        self.assertGreater(len(lines), 100, "the trace saw the run")
        wrong = [f"{why}: {line}" for line in lines if (why := foreign(line))]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
