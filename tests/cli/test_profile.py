# SPDX-License-Identifier: MIT
"""Which profile a run has, and why; what is said when it does not fit the module."""
import json
import os
import sys
import unittest

from harness import CliTest, events_of

RELEASES = {"field": "esp8266-at-field", "2.0": "esp8266-at-2.0", "2.1": "esp8266-at-2.1",
            "2.2": "esp8266-at-2.2"}
STRANGER = '''
import sys
gmr = %r
for line in sys.stdin:
    sys.stdout.write(line)
    word = line.strip()
    if word == "AT+GMR" and gmr:
        sys.stdout.write(gmr + "\\r\\nOK\\r\\n")
    elif word in ("AT", "ATE1", "AT+RST", "AT+RESTORE"):
        sys.stdout.write("\\r\\nOK\\r\\n")
    else:
        sys.stdout.write("\\r\\nERROR\\r\\n")
    sys.stdout.flush()
'''


class Profiles(CliTest):
    def begin(self, iut, *args):
        out = os.path.join(self.home, f"run-{len(os.listdir(self.home))}")
        return self.call("run", "--out", out, "--bench", "virtual", "--iut", iut, *args,
                         timeout=60)

    def head(self, result):
        return events_of(self.check_journal(result), "run")[0]

    def probes(self, result, name):
        return [(e["ok"], e["text"]) for e in events_of(result.journal(), "probe")
                if e["name"] == name]

    def stranger(self, gmr):
        path = os.path.join(self.home, "stranger.py")
        with open(path, "w", encoding="utf-8") as f:
            f.write(STRANGER % gmr)
        return f"exec:{sys.executable} {path}"

    def test_the_module_tells_its_release(self):
        for dialect, profile in RELEASES.items():
            result = self.begin(f"virtual:?dialect={dialect}", "--profile", "auto", "basic/gmr/*")
            self.assertEqual(result.code, 0, result.err)
            head = self.head(result)
            self.assertEqual(head["profile"], profile)
            self.assertRegex(head["profile_why"], r'^AT\+GMR says "AT version:2\.')
            self.assertIn(f'profile {profile} (AT+GMR says "AT version:2.', result.out)
            self.assertTrue(all(ok for ok, _ in self.probes(result, "firmware")))
            self.assertEqual(len(self.probes(result, "absent")), 1)
            for report in ("report.html", "report.json", "junit.xml"):
                with open(result.path(report), encoding="utf-8") as f:
                    self.assertIn(profile, f.read(), report)

    def test_what_no_profile_is_for_is_measured_by_the_document(self):
        result = self.begin("virtual:", "--profile", "auto", "basic/gmr/*")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(self.head(result)["profile"], "esp8266-at")
        self.assertRegex(self.head(result)["profile_why"],
                         r'AT version:2\.1\.0\.0-dev.*", which no profile is for: the document\'s$')
        result = self.begin(self.stranger(None), "--profile", "auto", "basic/at/*")
        self.assertEqual(self.head(result)["profile"], "esp8266-at")
        self.assertIn("AT+GMR was not answered", self.head(result)["profile_why"])

    def test_without_the_word_nothing_is_asked(self):
        result = self.begin("virtual:?dialect=2.1", "basic/gmr/execute_answers_as_documented")
        self.assertEqual(result.code, 1)
        head = self.head(result)
        self.assertEqual((head["profile"], head["profile_why"]), ("esp8266-at", "default"))
        result = self.begin("virtual:?dialect=2.1", "--profile", "esp8266-at-2.0", "basic/gmr/*")
        head = self.head(result)
        self.assertEqual((head["profile"], head["profile_why"]),
                         ("esp8266-at-2.0", "chosen by --profile"))
        (ok, text), = self.probes(result, "firmware")
        self.assertFalse(ok)
        self.assertIn("which the profile esp8266-at-2.0 is not for; --profile auto", text)
        self.assertIn("probe firmware failed: AT+GMR says", result.out)

    def test_a_bench_can_ask(self):
        path = os.path.join(self.home, "lab.json")
        with open(os.path.join(os.environ["ATCONFORM_SOURCE"], "fixtures/benches/virtual.json"),
                  encoding="utf-8") as f:
            bench = json.load(f)
        bench.update(bench="lab", profile="auto")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(bench, f)
        out = os.path.join(self.home, "lab-run")
        result = self.call("run", "--out", out, "--bench", path, "--iut", "virtual:?dialect=2.2",
                           "basic/gmr/*", timeout=60)
        self.assertEqual(self.head(result)["profile"], "esp8266-at-2.2", result.err)

    def test_a_dry_run_asks_nobody(self):
        result = self.begin("exec:/nonexistent", "--profile", "auto", "--dry-run", "basic/gmr/*")
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("profile esp8266-at (a dry run does not ask the module", result.out)

    def test_who_does_not_answer_is_told_so_by_the_run(self):
        result = self.begin("exec:/nonexistent/firmware", "--profile", "auto", "basic/gmr/*")
        self.assertEqual(result.code, 3)
        self.assertIn("/nonexistent/firmware", result.err)

    def test_lines_with_different_firmware_are_refused(self):
        result = self.begin("virtual:?dialect=2.1", "--iut", "virtual:?dialect=2.2",
                            "--profile", "auto", "basic/gmr/*")
        self.assertEqual(result.code, 3)
        self.assertIn("differ in firmware", result.said[0])

    def test_mixed_firmware_needs_one_profile(self):
        result = self.begin("virtual:?dialect=2.1", "--iut", "virtual:?dialect=2.2", "--mixed-firmware",
                            "--profile", "auto", "basic/gmr/*")
        self.assertEqual(result.code, 2)
        said, = result.said
        for word in ("esp8266-at-2.1", "esp8266-at-2.2", "dialect=2.2", "--profile"):
            self.assertIn(word, said)
        self.assertFalse(os.path.exists(result.dir))

    def test_hostile_versions_are_text(self):
        gmr = "AT version:\x1b[2J<script>alert(1)</script>" + "x" * 500
        result = self.begin(self.stranger(gmr), "--profile", "auto", "basic/gmr/*")
        why = self.head(result)["profile_why"]
        self.assertNotIn("\x1b", why + result.out + result.err)
        self.assertLess(len(why), 250)
        with open(result.path("report.html"), encoding="utf-8") as f:
            self.assertNotIn("<script>alert", f.read())

    def test_a_missing_command_fails_unless_it_is_listed(self):
        case = "mqtt/mqttclean/set_without_parameters_is_refused"
        first = "tcpip/cipsslcconf/query_answers_as_documented"
        result = self.begin("virtual:?fault=unknown:syslspcfg", "syslspcfg")
        self.assertIn("fail", {v["verdict"] for v in result.verdicts().values()})
        self.assertEqual(result.code, 1)
        result = self.begin("virtual:?fault=unknown:syslspcfg", "--profile", "esp8266-at-2.2",
                            "syslspcfg", "basic/at/*")
        self.assertNotIn("fail", {v["verdict"] for v in result.verdicts().values()})
        result = self.begin("virtual:?dialect=2.0", "--profile", "esp8266-at-2.1", first)
        self.assertEqual(result.verdicts()[first]["verdict"], "fail")
        result = self.begin("virtual:?dialect=2.0", "--profile", "auto", first, case, "basic/at/*")
        self.assertEqual(result.code, 0, result.out)
        for name in (first, case):
            self.assertEqual(result.verdicts()[name]["verdict"], "n/a")
            self.assertIn("does not claim", result.verdicts()[name]["message"])

    def test_a_case_that_needs_an_absent_command_is_not_applicable(self):
        listed = self.call("list", "general", timeout=60).out
        case = next(l.split()[0] for l in listed.splitlines() if "error_code" in l)
        result = self.begin("virtual:?dialect=2.0", "--profile", "auto", case, "basic/at/*")
        verdict = result.verdicts()[case]
        self.assertEqual((verdict["verdict"], result.code), ("n/a", 0), verdict)
        self.assertIn("AT+SYSLOG, which the case needs", verdict["message"])
        result = self.begin("virtual:?dialect=2.0", case, "basic/at/*")
        self.assertNotIn(result.verdicts()[case]["verdict"], ("n/a", "pass"))

    def test_a_listed_command_that_is_there_is_said(self):
        for dialect, present in (("2.1", "AT+SYSLOG"), ("field", "AT+MQTTCONN")):
            result = self.begin(f"virtual:?dialect={dialect}", "--profile", "esp8266-at-2.0",
                                "basic/at/*")
            (ok, text), = self.probes(result, "absent")
            self.assertFalse(ok)
            self.assertIn(present, text)
            self.assertIn("probe absent failed: the module has", result.out)
        result = self.begin("virtual:?dialect=document", "--profile", "esp8266-at-2.1",
                            "basic/at/*")
        (ok, text), = self.probes(result, "absent")
        self.assertFalse(ok)
        for command in ("AT+SYSLSP", "AT+SYSLSPCFG", "AT+CWJEAP"):
            self.assertIn(command, text)


if __name__ == "__main__":
    unittest.main()
