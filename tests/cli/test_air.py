# SPDX-License-Identifier: MIT
"""Names that an access point may have to spite those who read them: intact in the journal, harmless in
the reports. Air files that are wrong stop the run before its first case."""
import json
import os
import unittest
import xml.etree.ElementTree as ET

from harness import SOURCE, CliTest

HOSTILE = '"a,b\\c</script>&é€💥+CWLAP:'
CONTROLS = "bell\x07 escape\x1b[31m tab\t"


def as_bytes(text):
    """As the journal has it: each byte a code point."""
    return text.encode().decode("latin-1")


class Hostile(CliTest):
    def failing_list(self):
        """A list of everything in the air that fails, so that its wire log is shown."""
        return self.run_iut("virtual:?dialect=field", "wifi/cwlap/execute_answers_as_documented")

    def test_journal_has_the_names_as_they_are(self):
        result = self.failing_list()
        self.assertEqual(result.code, 1, result.err)
        received = "".join(e["bytes"] for e in result.journal() if e["e"] == "rx" and e["c"] >= 0)
        self.assertIn(as_bytes(HOSTILE), received)
        self.assertIn(as_bytes(CONTROLS), received)

    def test_reports_are_sound(self):
        result = self.failing_list()
        with open(result.path("junit.xml"), "rb") as f:
            junit = f.read()
        self.assertIn("atconform-mixed", ET.fromstring(junit).find(".//failure").text)
        self.assertNotIn(b"\x07", junit)
        self.assertNotIn(b"\x1b", junit)
        with open(result.path("report.json"), encoding="utf-8") as f:
            json.load(f)
        with open(result.path("report.html"), "rb") as f:
            html = f.read()
        self.assertIn(b"atconform-mixed", html)
        self.assertNotIn(b"c</script>&", html)
        self.assertNotIn(b"\x1b", html)
        self.assertNotIn("\x1b[31m", result.out + result.err)


class BadAir(CliTest):
    def test_a_broken_air_file_is_named(self):
        path = os.path.join(SOURCE, "fixtures/air/default.json")
        with open(path, encoding="utf-8") as f:
            air = json.load(f)
        air["access_points"][0]["channel"] = 15
        file = self.file("air.json", json.dumps(air, indent=1))
        result = self.run_iut(f"virtual:?air={file}", "basic/at/*")
        self.assertEqual(result.code, 3, result.err)
        self.assertRegex(result.err, r"iut-0\.log|air\.json:\d+:\d+: ")
        with open(result.path("iut-0.log"), encoding="utf-8") as f:
            self.assertRegex(f.read(), r"air\.json:\d+:\d+: .*channel")


if __name__ == "__main__":
    unittest.main()
