#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A whole run: journal, leases, verdicts out of three sources, requests of workers."""
import rigtest


class Verdicts(rigtest.RigTest):
    def test_each_way_a_case_can_end(self):
        run = self.run_rig("pass", "fail", "crash", "exit_zero", "verdict_then_crash", "deviation",
                           "wrong_name", "double", "double_excused", "pass2",
                           timeouts="500,1000,30,3000,5000,25")
        self.assertEqual(run.end, "complete", run.text)
        self.assertEqual(run.verdicts(), {
            "pass": "pass", "fail": "fail", "crash": "error", "exit_zero": "error",
            "verdict_then_crash": "error", "deviation": "deviation", "wrong_name": "fail",
            "double": "fail", "double_excused": "fail", "pass2": "pass"})
        fail = run.verdict("fail")
        self.assertEqual((fail["requirement"], fail["grade"], fail["message"], fail["at"]),
                         ("FAKE-1", "inferred", "as planned", 7))
        for name in ("double", "double_excused"):
            self.assertRegex(run.verdict(name)["requirement"], r"^SESSION-\d+$")
        self.assertEqual(len(run.of("deviation", id="FAKE-D1")), 1)
        self.assertIn("FAKE-D1", run.verdict("deviation")["message"])

    def test_a_hanging_case_costs_its_deadline_only(self):
        for _ in range(5):  # what else the machine does only adds
            run = self.run_rig("hang", "pass", timeouts="500,1000,30,1500,5000,25")
            self.assertEqual(run.verdicts(), {"hang": "error", "pass": "pass"})
            self.assertIn("deadline", run.verdict("hang")["message"])
            took = run.verdict("hang")["ms"]
            if took < 3400:
                break
            (self.out / "journal.jsonl").unlink()
        self.assertTrue(1500 <= took < 3400, took)

    def test_cases_decided_before_are_not_run(self):
        run = self.run_rig("pass=skipped", "fail=n/a", iut="exec:/nonexistent")
        self.assertEqual(run.end, "complete", run.text)
        self.assertEqual(run.verdicts(), {"pass": "skipped", "fail": "n/a"})

    def test_fail_fast_leaves_the_rest_missing(self):
        run = self.run_rig("fail", "pass", fail_fast=1)
        self.assertEqual(run.end, "complete")
        self.assertEqual(run.verdicts(), {"fail": "fail"})

    def test_two_lines_serve_two_workers(self):
        """Many short cases: the last worker and the suite program end at about the same time."""
        run = self.run_rig(*[f"pass{i}" for i in range(8)], iut=[rigtest.fake(), rigtest.fake()],
                           jobs=2)
        self.assertEqual(set(run.verdicts().values()), {"pass"}, run.of("verdict"))
        self.assertLessEqual({x["l"] for x in run.of("lease")}, {0, 1})
        if len({x["l"] for x in run.of("lease")}) == 1:  # one was ready so much later
            self.assertEqual(len(run.of("line", what="open")), 2)

    def test_a_dead_suite_program_ends_the_run(self):
        run = self.run_rig("pass", "kill_runner", "pass2")
        self.assertEqual(run.end, "runner-died")
        self.assertIn("signal 9", run.text)
        self.assertEqual(run.of("end")[0]["reason"], "runner-died")
        self.assertNotIn("pass2", run.verdicts())

    def test_no_suite_program(self):
        run = self.run_rig("pass", suite="/nonexistent/suite")
        self.assertEqual(run.end, "runner-died")
        self.assertIn("/nonexistent/suite", run.text)


class Journal(rigtest.RigTest):
    def test_lines_of_a_run(self):
        run = self.run_rig("pass")
        events = [x["e"] for x in run.lines]
        self.assertEqual(events[:3], ["run", "requirement", "plan"])
        self.assertEqual(events[-1], "end")
        first = run.lines[0]
        self.assertEqual((first["format"], first["iut"], first["jobs"]), (1, rigtest.fake(), 1))
        self.assertRegex(first["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertRegex(first["run"], r"^[0-9a-f-]{36}$")
        self.assertEqual([x["name"] for x in run.of("probe")], ["answer", "loopback", "nonsense"])
        self.assertEqual(run.bytes("tx", 0), "AT\r\n")
        self.assertEqual(run.bytes("rx", 0), "AT\r\n\r\nOK\r\n")
        order = [x["e"] for x in run.lines if x["e"] in ("lease", "worker", "release", "verdict")]
        self.assertEqual(order, ["lease", "worker", "release", "verdict"])
        self.assertEqual(run.of("end")[0]["reason"], "complete")

    def test_an_existing_journal_is_refused(self):
        path = self.out / "journal.jsonl"
        path.write_text("", encoding="utf-8")
        run = self.run_rig("pass")
        self.assertEqual(run.end, "internal")
        self.assertIn("--out", run.text)
        self.assertEqual(path.read_text(encoding="utf-8"), "")

    def test_a_full_disk_ends_the_run(self):
        import resource
        process = self.start("ping", preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (60000, 60000)))
        out, _ = process.communicate(timeout=60)
        self.assertRegex(out, "^internal 0 can't write the journal: ")
        self.assert_clean()


class Requests(rigtest.RigTest):
    def test_line_settings_notes_and_tolerance(self):
        run = self.run_rig("requests", timeouts="500,1000,30,5000,5000,25")
        self.assertEqual(run.verdicts(), {"requests": "pass"}, run.verdict("requests"))
        self.assertEqual([x["text"] for x in run.of("line", what="uart")],
                         ["9600,8,1,none,none", "115200,8,1,none,none"])
        self.assertEqual([x["on"] for x in run.of("tolerate")], [True, False])
        self.assertEqual(run.of("note", c=0)[0]["text"], "a note")

    def test_reset_by_the_link_itself(self):
        run = self.run_rig("reset", "pass")
        self.assertEqual(run.verdicts(), {"reset": "pass", "pass": "pass"})
        self.assertEqual(len(run.of("line", what="reset")), 1)

    def test_control_needs_a_virtual_module(self):
        run = self.run_rig("control", "pass")
        self.assertEqual(run.verdicts(), {"control": "fail", "pass": "pass"})


rigtest.main()
