# SPDX-License-Identifier: MIT
"""What a person can type wrong: one line that names the thing and the way out, exit 2, nothing
written. And the subcommands that touch no module: list, explain, --dry-run, --help."""
import json
import os
import re
import shutil
import unittest

from harness import ATCONFORM, SOURCE, SUITE, CliTest

COMMANDS = ("run", "list", "explain", "report", "compare")


class Words(CliTest):
    def check_usage(self, *args, says=()):
        result = self.call(*args)
        self.check_said(result, 2, *says)
        self.assertEqual(result.out, "")
        self.assertFalse(os.path.exists(os.path.join(self.home, "reports")), "nothing is written")
        return result

    def test_no_command_shows_the_commands(self):
        result = self.call()
        self.assertEqual(result.code, 2)
        for command in COMMANDS:
            self.assertRegex(result.err, rf"(?m)^  {command} ")

    def test_unknown_command_is_named(self):
        self.check_usage("rnu", says=('"rnu"', "--help"))

    def test_unknown_option_is_named(self):
        for command in COMMANDS:
            with self.subTest(command):
                self.check_usage(command, "--bogus", says=("--bogus", f"{command} --help"))

    def test_option_without_its_value_is_named(self):
        self.check_usage("run", "--out", says=("--out", "needs a value"))

    def test_jobs_must_be_a_number(self):
        for word in ("0", "-1", "65", "two", "2x", "", "99999999999999999999"):
            with self.subTest(word):
                self.check_usage("run", "--jobs", word, says=("--jobs", "1 to 64"))

    def test_jobs_beyond_the_lines_of_the_bench(self):
        self.check_usage("run", "--iut", "pty:/nowhere", "--jobs", "2", says=("--jobs 2", "has 1 line to", "--iut"))

    def test_gate_allow_and_report_name_their_choices(self):
        self.check_usage("run", "--gate", "all", says=("--gate all", "inferred or stated"))
        self.check_usage("run", "--allow", "all", says=("--allow all", "destructive"))
        self.check_usage("run", "--report", "pdf", says=("--report pdf", "junit"))
        self.check_usage("run", "--report", "junit:", says=("--report junit:", "FILE"))

    def test_mistyped_pattern_is_named(self):
        for pattern in ("basic/uart_cru/*", "UART_CUR-999", "uart", "basic/"):
            with self.subTest(pattern):
                self.check_usage("run", pattern, says=(re.escape(f'"{pattern}"'), "atconform list"))
                self.check_usage("list", pattern, says=(re.escape(f'"{pattern}"'), "atconform list"))
                self.check_usage("list", "--requirements", pattern,
                                 says=(re.escape(f'"{pattern}"'), "atconform list --requirements"))

    def test_one_good_pattern_does_not_hide_a_bad_one(self):
        self.check_usage("run", "basic/at/*", "basic/ta/*", says=('"basic/ta/\\*"',))

    def test_unknown_iut_scheme_is_named(self):
        for iut in ("usb:1", "/dev/ttyUSB0", "serial", ""):
            with self.subTest(iut):
                self.check_usage("run", "--iut", iut, says=(r"serial:", r"virtual:"))

    def test_bad_iut_address_is_named(self):
        self.check_usage("run", "--iut", "virtual:?colour=red", says=("colour", "dialect"))
        self.check_usage("run", "--iut", "exec:", says=("exec:", "program"))
        self.check_usage("run", "--iut", "exec:'a", says=("quote",))
        self.check_usage("run", "--iut", "tcp:localhost", says=("tcp:", "PORT"))

    def test_help_and_version(self):
        self.assertEqual(self.call("--help").code, 0)
        self.assertRegex(self.call("--version").out, r"^atconform \d+\.\d+\.\d+\n$")
        for command in COMMANDS:
            result = self.call(command, "--help")
            self.assertEqual((result.code, result.err), (0, ""))
            self.assertIn(f"usage: atconform {command}", result.out)

    def test_explain_and_report_want_one_word(self):
        self.check_usage("explain", says=("explain",))
        self.check_usage("explain", "A", "B", says=("explain",))
        self.check_usage("explain", "AT+NOSUCH", says=('"AT\\+NOSUCH"',))
        self.check_usage("report", says=("report",))

    def test_compare_wants_two_runs(self):
        self.check_usage("compare", says=("two runs, got 0", "compare --help"))
        self.check_usage("compare", self.home, says=("two runs, got 1",))
        self.check_usage("compare", self.home, self.home, says=(self.home, "can't read the journal"))
        self.check_usage("compare", "--html", says=("--html", "needs a value"))

    def test_report_of_no_run(self):
        self.check_usage("report", self.home, says=(self.home,))
        self.check_usage("report", os.path.join(self.home, "none"), says=("none",))


class Files(CliTest):
    """Bad bench, profile and model files: file, line and column."""

    def check_bench(self, text, line, *says):
        path = self.file("bad.json", text)
        result = self.call("run", "--bench", path, "basic/at/*")
        self.check_said(result, 2, rf"{path}:{line}:\d+: ", *says)

    def test_bench_that_is_not_json(self):
        self.check_bench('{\n  "bench": "x",\n  "uart": {\n}', 4)

    def test_bench_with_an_unknown_key(self):
        self.check_bench('{\n  "bench": "x",\n  "timeout": 3\n}', 3, '"timeout"')

    def test_bench_with_a_key_twice(self):
        self.check_bench('{\n  "bench": "x",\n  "bench": "y"\n}', 3, "bench")

    def test_bench_with_a_wrong_type(self):
        self.check_bench('{\n  "bench": "x",\n  "uart": {\n    "baud": "fast" }\n}', 4, "uart.baud")

    def test_bench_with_a_value_out_of_range(self):
        self.check_bench('{\n  "bench": "x",\n  "timeouts_ms": {"answer": 0}\n}', 3, "answer")

    def test_bench_with_an_unknown_word(self):
        self.check_bench('{\n  "bench": "x",\n  "uart": {"parity": "mark"}\n}', 3, '"none"')

    def test_bench_without_a_name(self):
        self.check_bench("{\n}", 1, '"bench"')

    def test_bench_that_is_nowhere(self):
        self.check_said(self.call("run", "--bench", "nowhere"), 2, "nowhere.json")
        self.check_said(self.call("run", "--bench", self.home + "/no.json"), 2, "/no.json")

    def check_profile(self, text, line, *says):
        path = self.file("x.json", text)
        result = self.call("run", "--profile", path, "basic/at/*")
        self.check_said(result, 2, rf"{path}:{line}:\d+: ", *says)

    def test_profile_that_is_nowhere(self):
        self.check_said(self.call("run", "--profile", "nowhere"), 2, "nowhere")

    def test_profile_that_is_not_json(self):
        self.check_profile('{\n "profile": ', 2)

    def test_profile_with_an_unknown_key(self):
        self.check_profile('{\n "profile": "x", "title": "t",\n "deviation": []\n}', 3, '"deviation"')

    def test_profile_with_an_unknown_deviation(self):
        self.check_profile('{\n "profile": "x", "title": "t",\n "deviations": ["GSLP-D99"]\n}', 3,
                           "GSLP-D99")

    def test_profile_that_inherits_from_nobody(self):
        self.check_profile('{\n "profile": "x", "title": "t",\n "inherits": "nobody"\n}', 3, "nobody")

    MODEL = """{
  "command": "AT+VENDOR", "section": "9.1", "line": 1, "title": "Made up",
  "forms": {
    "set": { "line": 1, "syntax": "AT+VENDOR=<mode>", "requirement": "VENDOR-1",
             "response": [], "final": "OK" } },
  "parameters": {
    "mode": { "line": 1, "type": "integer", "min": 1, "max": 3, "typical": "1", "other": "2",
              "accepts": "VENDOR-2" } },
  "requirements": [
    { "id": "VENDOR-1", "line": 1, "grade": "stated", "text": "It sets the mode." },
    { "id": "VENDOR-2", "line": 1, "grade": "stated", "text": "The mode is 1 to 3." } ]
}
"""

    def vendor(self, old="", new=""):
        self.assertIn(old, self.MODEL)
        path = self.file("spec/vendor/vendor.json", self.MODEL.replace(old, new, 1))
        return os.path.join(self.home, "spec"), path

    def check_model(self, old, new, line, *says):
        folder, path = self.vendor(old, new)
        result = self.call("list", "--spec", folder)
        self.check_said(result, 2, rf"{path}:{line}:\d+: ", *says)
        self.check_said(self.call("run", "--spec", folder), 2, rf"{path}:{line}:\d+: ")

    def test_a_vendor_adds_a_command_by_a_file(self):
        folder, _ = self.vendor()
        result = self.call("list", "--json", "--spec", folder, "vendor/*")
        self.assertEqual(result.code, 0, result.err)
        cases = json.loads(result.out)
        self.assertTrue(cases)
        self.assertEqual({c["command"] for c in cases}, {"AT+VENDOR"})

    def test_model_that_is_not_json(self):
        self.check_model('"VENDOR-2" } }', '"VENDOR-2" ] }', 8)

    def test_model_with_an_unknown_key(self):
        self.check_model('"title"', '"titel"', 2, "titel")

    def test_model_with_a_parameter_of_no_name(self):
        self.check_model("=<mode>", "=<mood>", 4, "mood")

    def test_model_with_a_requirement_without_a_case(self):
        self.check_model('"accepts": "VENDOR-2"', '"accepts": "VENDOR-1"', 11, "VENDOR-2")

    def test_model_with_an_unknown_requirement(self):
        self.check_model('"accepts": "VENDOR-2"', '"accepts": "VENDOR-7"', r"\d+", "VENDOR-7")

    def test_model_with_a_requirement_twice(self):
        self.check_model('{ "id": "VENDOR-2"', '{ "id": "VENDOR-1"', 11, "VENDOR-1")

    def test_model_with_a_bad_grade(self):
        self.check_model('"stated", "text": "The', '"certain", "text": "The', 11, "stated")

    def test_model_folder_that_is_nowhere(self):
        self.check_said(self.call("list", "--spec", self.home + "/none"), 2, "/none")


class Places(CliTest):
    """Folders and programs that are not there."""

    def test_out_that_cannot_be_made(self):
        blocker = self.file("blocker", "")
        result = self.call("run", "--out", blocker + "/run", "basic/at/*")
        self.check_said(result, 2, "blocker/run", "--out")

    def test_out_that_cannot_be_written(self):
        self.check_said(self.call("run", "--out", "/proc/self", "basic/at/*"), 2, "/proc/self",
                        "--out")

    def test_second_run_into_the_same_folder(self):
        first = self.run_iut("virtual:", "basic/at/*")
        self.assertEqual(first.code, 0, first.err)
        with open(first.path("journal.jsonl"), "rb") as f:
            before = f.read()
        second = self.call("run", "--out", first.dir, "basic/at/*")
        self.check_said(second, 2, first.dir, "--out")
        with open(first.path("journal.jsonl"), "rb") as f:
            self.assertEqual(f.read(), before, "the first journal is untouched")

    def alone(self, *others):
        """A copy of the program with only these beside it."""
        folder = os.path.join(self.home, "alone")
        os.makedirs(folder)
        shutil.copy(ATCONFORM, folder)
        for path in others:
            os.symlink(path, os.path.join(folder, os.path.basename(path)))
        return os.path.join(folder, "atconform")

    def test_missing_suite_program(self):
        program = self.alone()
        for command in (("run",), ("list",), ("explain", "AT")):
            with self.subTest(command):
                result = self.call(*command, program=program)
                self.check_said(result, 2, "atconform-suite", "install")

    def test_missing_module_program(self):
        result = self.run_iut("virtual:", "basic/at/*", program=self.alone(SUITE))
        self.check_said(result, 3, "atmodule", "ATCONFORM_MODULE")
        self.check_journal(result, "iut-unusable")

    def test_missing_model_folder(self):
        result = self.call("list", env={"ATCONFORM_DATA": self.home})
        self.check_said(result, 2, "ATCONFORM_DATA")


class Catalogue(CliTest):
    def cases(self, *patterns):
        result = self.call("list", "--json", *patterns)
        self.assertEqual((result.code, result.err), (0, ""))
        return json.loads(result.out)

    def test_list_json(self):
        cases = self.cases()
        names = [c["case"] for c in cases]
        self.assertEqual(len(names), len(set(names)))
        self.assertGreater(len(names), 100)
        for case in cases:
            self.assertRegex(case["case"], r"^[a-z0-9_]+/[a-z0-9_]+/[a-z0-9_]+$")
            self.assertTrue(case["requirements"], case)
            self.assertIn(case["kind"], ("derived", "scenario"))
            self.assertGreater(case["line"], 0, case)
            path = case["file"]
            self.assertTrue(os.path.exists(os.path.join(SOURCE, path)), path)

    def test_all_seventeen_commands_have_cases(self):
        commands = {c["command"] for c in self.cases("basic/*")}
        self.assertEqual(commands, {
            "AT", "ATE", *("AT+" + name for name in
                           "RST GMR GSLP RESTORE UART_CUR UART_DEF SLEEP SYSRAM SYSMSG RFPOWER "
                           "SYSROLLBACK SYSTIMESTAMP SYSLOG SYSLSPCFG SYSLSP".split())})

    def test_patterns(self):
        by_command = self.cases("uart_cur")
        self.assertTrue(by_command)
        self.assertEqual(by_command, self.cases("AT+UART_CUR"))
        self.assertEqual(by_command, self.cases("basic/uart_cur/*"))
        self.assertEqual(by_command, self.cases("uart_cur/*"))
        identity = by_command[0]["requirements"][0]
        for case in self.cases(identity):
            self.assertIn(identity, case["requirements"])
        self.assertEqual(self.cases(by_command[0]["case"]), by_command[:1])

    def test_plain_list_counts_the_same(self):
        result = self.call("list", "basic")
        self.assertEqual(result.code, 0)
        self.assertIn(f"{len(self.cases('basic'))} cases", result.out)

    def requirements(self, *patterns):
        result = self.call("list", "--requirements", "--json", *patterns)
        self.assertEqual((result.code, result.err), (0, ""))
        return json.loads(result.out)

    def test_list_requirements(self):
        requirements, cases = self.requirements(), self.cases()
        judged = {}
        for case in cases:
            for identity in case["requirements"]:
                judged.setdefault(identity, []).append(case["case"])
        identities = [r["id"] for r in requirements]
        self.assertEqual(len(identities), len(set(identities)))
        for r in requirements:
            with self.subTest(r["id"]):
                self.assertEqual(r["cases"], judged.get(r["id"], []))
                self.assertEqual(bool(r["cases"]), r["judge"] == "case")
                self.assertEqual(bool(r["untestable"]), r["judge"] == "untestable")
                self.assertIn(r["grade"], ("stated", "inferred"))
                self.assertTrue(r["line"] > 0 and r["text"] and r["section"])
                with open(r["file"], encoding="utf-8") as f:
                    self.assertIn(f'"{r["id"]}"', f.read().splitlines()[r["file_line"] - 1])

    def test_patterns_of_requirements(self):
        by_command = self.requirements("cwmode")
        self.assertTrue(by_command)
        self.assertEqual({(r["command"], r["command_section"]) for r in by_command},
                         {("AT+CWMODE", "3.1")})
        self.assertEqual(by_command, self.requirements("AT+CWMODE"))
        self.assertEqual(by_command, self.requirements("CWMODE-*"))
        self.assertEqual(self.requirements("CWMODE-3"), [r for r in by_command if r["id"] == "CWMODE-3"])
        self.assertEqual({r["family"] for r in self.requirements("basic", "general")},
                         {"basic", "general"})
        plain = self.call("list", "--requirements", "cwmode")
        self.assertEqual(plain.code, 0)
        self.assertIn(f"{len(by_command)} requirements", plain.out)
        self.assertRegex(plain.out, r"(?m)^CWMODE-15 .*stated +untestable +In mode 0 the radio is off")

    KILL_MATRIX = {"cases": {}, "unproven": [], "faults": [
        {"name": "dull:gmr", "text": "says less", "state": "killed", "breaks": ["GMR-1", "GMR-2", "SESSION-1"],
         "killers": {"basic/gmr": ["execute_answers_as_documented"]}, "others": {}},
        {"name": "odd:gmr", "text": "says it oddly", "state": "survived", "breaks": ["GMR-1"],
         "killers": {}, "others": {}},
    ]}

    def explain(self, word, matrix=KILL_MATRIX):
        """With a kill matrix of the test's own; None: there is none."""
        text = matrix if isinstance(matrix, str) else json.dumps(matrix)
        data = os.path.dirname(os.path.dirname(self.file("data/docs/kill-matrix.json", text)))
        if matrix is None:
            os.remove(data + "/docs/kill-matrix.json")
        if not os.path.exists(data + "/suites"):
            os.symlink(SOURCE + "/suites", data + "/suites")
        return self.call("explain", word, env={"ATCONFORM_DATA": data})

    def test_explain(self):
        case = self.cases("uart_cur")[0]
        by_id = self.explain(case["requirements"][0])
        self.assertEqual((by_id.code, by_id.err), (0, ""))
        self.assertRegex(by_id.out, r"section 2\.7, line \d+, (stated|inferred)")
        self.assertIn(case["case"], by_id.out)
        self.assertIn("proven by no fault", by_id.out)
        by_command = self.explain("AT+UART_CUR")
        self.assertIn(case["requirements"][0], by_command.out)
        by_case = self.explain(case["case"])
        self.assertIn(case["requirements"][0], by_case.out)
        self.assertIn("kills no fault", by_case.out)
        self.assertEqual(self.explain("general").code, 0)
        self.assertNotIn("proven", self.explain("UART_CUR-27").out, "it is untestable")

    def test_explain_names_the_faults(self):
        killer = "basic/gmr/execute_answers_as_documented"
        judged = next(c for c in self.cases("gmr") if c["case"] == killer)["requirements"]
        self.assertEqual(judged, ["GMR-1"])
        self.assertIn(f"  proven by fault dull:gmr: says less\n    killed by {killer}\n",
                      self.explain("GMR-1").out)
        self.assertNotIn("odd:gmr", self.explain("GMR-1").out, "it survived")
        self.assertIn("proven by no fault", self.explain("GMR-2").out, "the killer does not judge it")
        self.assertIn("proven by fault dull:gmr", self.explain("SESSION-1").out)
        self.assertIn("  kills fault dull:gmr, which breaks GMR-1 GMR-2 SESSION-1: says less\n",
                      self.explain(killer).out)
        self.assertRegex(self.explain("AT+GMR").out,
                         r"(?s)GMR-1 .*proven by 1 fault\n.*GMR-2 .*proven by no fault")

    def test_explain_names_three_killers(self):
        names = [c["case"].rpartition("/")[2] for c in self.cases("UART_CUR-3")]
        self.assertGreater(len(names), 3)
        fault = {"name": "slow", "text": "is slow", "state": "killed", "breaks": ["UART_CUR-3"],
                 "killers": {"basic/uart_cur": names}, "others": {}}
        said = self.explain("UART_CUR-3", {"faults": [fault]}).out
        self.assertRegex(said, rf"killed by( [^ ]+,){{2}} [^ ]+ and {len(names) - 3} more\n")

    def test_explain_without_a_kill_matrix(self):
        fault = self.KILL_MATRIX["faults"][0]
        for broken, says in ((None, "docs/kill-matrix.json is nowhere"),
                             ('{"faults": [', "docs/kill-matrix.json:1:"),
                             ([], "no list of faults"),
                             ({"faults": [{**fault, "killers": {"basic/gmr": [1]}}]}, "dull:gmr is incomplete"),
                             ({"faults": [{**fault, "breaks": None}]}, "dull:gmr is incomplete"),
                             ({"faults": [{}]}, "a fault is incomplete")):
            with self.subTest(says):
                result = self.explain("GMR-1", broken)
                self.assertEqual((result.code, len(result.said)), (0, 1), result.err)
                self.assertIn(says, result.err)
                self.assertIn("are not shown", result.err)
                self.assertIn("case basic/gmr/", result.out)
                self.assertNotIn("proven", result.out)

    def test_dry_run_touches_nothing(self):
        result = self.call("run", "--dry-run", "--iut", "pty:/nowhere", "basic/at/*")
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("nothing was run", result.out)
        self.assertNotIn("reports", os.listdir(self.home))


if __name__ == "__main__":
    unittest.main()
