#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Peers of a lease: the journal has what they did, and nothing of them outlives it."""
import hashlib
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "rig"))
import rigtest  # noqa: E402

NET = f"127.{138 + os.getpid() % 20}.{1 + os.getpid() // 20 % 250}"  # this run's own
HOST = NET + ".7"
FACTS = '{"host_address":"%s","module_address":"%s.1"}' % (HOST, NET)


def sockets_of(host):
    """Listening and connected sockets that use an address, of anybody."""
    number = "".join("%02X" % int(part) for part in reversed(host.split(".")))
    found = []
    for name in ("tcp", "udp"):
        for line in pathlib.Path("/proc/net/" + name).read_text(encoding="ascii").splitlines()[1:]:
            local, remote, state = line.split()[1:4]
            if number in (local[:8], remote[:8]) and state not in ("06",):  # TIME_WAIT is nobody's
                found.append(line)
    return found


class Lease(rigtest.RigTest):
    def run_peers(self, *cases, **options):
        run = self.run_rig(*cases, network=FACTS, **options)
        self.assert_no_sockets()
        return run

    def assert_no_sockets(self):
        """The last packets of a connection may take the kernel a moment."""
        end = time.monotonic() + 10
        while (left := sockets_of(HOST)) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(left, [])

    def test_journal(self):
        run = self.run_peers("peer")
        self.assertEqual(run.verdicts(), {"peer": "pass"})
        lines = run.of("peer")
        self.assertEqual([x["what"] for x in lines], ["open", "accept", "rx", "tx", "close"])
        opened, accepted, got, sent, closed = lines
        self.assertEqual((opened["kind"], opened["address"], opened["k"]), ("tcp-echo", HOST, -1))
        self.assertEqual(accepted["to"], f"{HOST}:{opened['port']}")
        self.assertEqual((got["bytes"], sent["bytes"]), ("a\0\xff\"",) * 2)
        self.assertEqual((closed["how"], closed["text"]), ("fin", "by the module"))
        lease, release = run.of("lease")[0]["n"], run.of("release")[0]["n"]
        for line in lines:
            self.assertEqual(list(line)[3:8], ["l", "c", "p", "k", "what"])
            self.assertEqual((line["l"], line["c"], line["p"]), (0, 0, 0))
            self.assertTrue(lease < line["n"] < release)

    def test_bulk(self):
        run = self.run_peers("peer_bulk")
        self.assertEqual(run.verdicts(), {"peer_bulk": "pass"})
        for what in ("rx", "tx"):
            bulk = [x for x in run.of("peer", what="bulk") if x["dir"] == what]
            self.assertEqual([x["total"] for x in bulk], [200000])
            self.assertEqual(bulk[0]["sha256"], hashlib.sha256(b"b" * 200000).hexdigest())
            self.assertEqual(bulk[0]["last"], "b" * 4096)
            lines = run.of("peer", what=what)
            total = sum(len(x["bytes"]) if "bytes" in x else x["len"] for x in lines)
            self.assertEqual(total, 200000)
            self.assertLessEqual(sum(len(x.get("bytes", "")) for x in lines), 65536)

    def test_every_case_counts_anew(self):
        run = self.run_peers("peer", "peer2", "peer3")
        self.assertEqual(set(run.verdicts().values()), {"pass"})
        self.assertEqual([(x["c"], x["p"]) for x in run.of("peer", what="open")],
                         [(0, 0), (1, 0), (2, 0)])

    def test_after_a_crash(self):
        run = self.run_peers("peer_crash", "peer")
        self.assertEqual(run.verdicts(), {"peer_crash": "error", "peer": "pass"})

    def test_after_a_deadline(self):
        run = self.run_peers("peer_hang", "peer", timeouts="500,1000,30,2000,5000,25")
        self.assertEqual(run.verdicts(), {"peer_hang": "error", "peer": "pass"})

    def test_a_case_that_does_not_read_its_answers(self):
        run = self.run_peers("peer_deaf", "peer", timeouts="500,1000,30,2000,5000,25")
        self.assertEqual(run.verdicts(), {"peer_deaf": "error", "peer": "pass"})

    def test_leaving_while_a_wait_goes_on(self):
        run = self.run_peers("peer_waits", "peer")
        self.assertEqual(run.verdicts(), {"peer_waits": "pass", "peer": "pass"})

    def test_interrupted(self):
        process = self.start("peer_hang", network=FACTS)
        path = self.out / "journal.jsonl"
        end = time.monotonic() + 30
        while time.monotonic() < end and '"what":"accept"' not in (
                path.read_text(encoding="utf-8") if path.exists() else ""):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        run = self.finish(process)
        self.assertEqual(run.end, "interrupted")
        self.assert_no_sockets()
        self.assert_clean()

    def test_without_an_address(self):
        run = self.run_rig("peer_none")
        self.assertEqual(run.verdicts(), {"peer_none": "pass"})

    def test_an_address_of_somebody_else(self):
        run = self.run_rig("peer", network='{"host_address":"192.0.2.7"}')
        self.assertEqual(run.end, "unusable")
        self.assertEqual(run.text, "fake: network.host_address: 192.0.2.7 is not an address of "
                                   "this machine")
        self.assertEqual(run.of("end")[0]["reason"], "iut-unusable")

    def test_a_second_address_of_somebody_else(self):
        run = self.run_rig(
            "peer", network='{"host_address":"%s","other_address":"192.0.2.8"}' % HOST)
        self.assertEqual(run.text, "fake: network.other_address: 192.0.2.8 is not an address of "
                                   "this machine")


rigtest.main()
