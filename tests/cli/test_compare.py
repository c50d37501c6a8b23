# SPDX-License-Identifier: MIT
"""Comparing real runs on the virtual module: of one firmware twice, of one with a fault, and of the
document's dialect against the field's."""
import json
import os
import unittest

from harness import CliTest

PATTERNS = ("basic/gmr/*", "basic/gslp/*", "basic/uart_cur/*", "tcpip/cipstart/connects_over_tcp")
# Their responses hold addresses, ports, client ids and passwords, and nothing that depends on the moment.
MADE_FOR_THE_RUN = ("basic/gmr/*", "tcpip/cipstart/connects_over_tcp", "mqtt/mqttconn/announces_the_connection")


class Compare(CliTest):
    def compared(self, *runs):
        out = os.path.join(self.home, "compare.json")
        page = os.path.join(self.home, "compare.html")
        result = self.call("compare", *(run.dir for run in runs), "--json", out, "--html", page, "--gate")
        self.assertEqual(result.err, "")
        with open(out, encoding="utf-8") as file:
            found = json.load(file)
        self.assertTrue(all(len(line) <= 100 for line in result.out.splitlines()))
        return result, found, {c["case"]: c["changes"] for c in found["cases"]}

    def test_the_same_module_twice(self):
        """In a part of the network of its own, with other ports: nothing of that is a change."""
        one, two = (self.run_iut("virtual:", *MADE_FOR_THE_RUN) for _ in range(2))
        for run in (one, two):
            self.assertEqual(run.code, 0, run.err)
            self.assertTrue(os.path.exists(run.path("journal.index")))
        addresses = [{e["address"] for e in run.journal() if e["e"] == "peer" and e["what"] == "open"}
                     for run in (one, two)]
        self.assertNotEqual(*addresses, "the runs were at one address: this shows nothing")
        result, _, changes = self.compared(one, two)
        self.assertEqual(result.code, 0)
        self.assertEqual({c: k for c, k in changes.items() if k != ["unchanged"]}, {})

    def test_a_fault_and_a_dialect(self):
        good = self.run_iut("virtual:", *PATTERNS)
        bad = self.run_iut("virtual:?fault=no-info:gmr.execute", *PATTERNS)
        field = self.run_iut("virtual:?dialect=field", "--profile", "esp8266-at-field", *PATTERNS)
        result, found, changes = self.compared(good, bad, field)
        self.assertEqual(result.code, 1)
        worse = [case for case, kinds in changes.items() if kinds[0] == "regressed"]
        self.assertTrue(worse)
        self.assertEqual({case.split("/")[1] for case in worse}, {"gmr"})
        self.assertEqual(changes["basic/gslp/set_answers_as_documented"], ["unchanged", "regressed"])
        self.assertIn("Bin version", found["runs"][2]["firmware"])
        self.assertEqual(found["runs"][0]["banner"], "\\r\\nready\\r\\n")
        self.assertNotEqual(found["runs"][2]["banner"], found["runs"][0]["banner"])
        with open(os.path.join(self.home, "compare.html"), encoding="utf-8") as file:
            page = file.read()
        self.assertIn("<ins>Bin version", page)
        self.assertIn("3 has another start-up banner", result.out)


if __name__ == "__main__":
    unittest.main()
