# SPDX-License-Identifier: MIT
"""The network of a bench file: what is wrong in it is said with file, line and column; what is there
makes facilities, what is not makes cases unequipped."""
import glob
import json
import os
import unittest

from harness import SOURCE, CliTest

MAC = "02:00:5e:00:00:01"


class Network(CliTest):
    def check_refused(self, network, *says, **keys):
        text = json.dumps({"bench": "test", **keys, "network": network}, indent=1)
        result = self.call("run", "--dry-run", "--bench", self.file("bench.json", text), "basic/at/*")
        self.assertEqual(result.code, 2, result.err)
        self.assertRegex(result.err, r"bench\.json:\d+:\d+: ")
        for part in says:
            self.assertIn(part, result.err)
        return result

    def test_position_is_that_of_the_value(self):
        result = self.check_refused({"access_point": {"ssid": "a", "password": "b", "channel": 15}}, "1 to 14")
        self.assertIn("bench.json:7:4: ", result.err)

    def test_unknown_keys(self):
        self.check_refused({"acces_point": {}}, '"acces_point"')
        self.check_refused({"access_point": {"ssid": "a", "password": "b", "bsid": MAC}}, '"bsid"')

    def test_missing_keys(self):
        self.check_refused({"access_point": {"ssid": "a"}}, '"network.access_point.password" is missing')
        self.check_refused({"open_access_point": {}}, '"network.open_access_point.ssid" is missing')

    def test_values_out_of_range(self):
        for change, part in (({"ssid": ""}, "1 to 32"), ({"ssid": "ä" * 17}, "1 to 32"), ({"ssid": "a\0b"}, ""),
                             ({"password": "p" * 65}, "64"), ({"bssid": MAC[:-1]}, "octets"),
                             ({"bssid": MAC[:-1] + "g"}, "octets"), ({"channel": 0}, "1 to 14"),
                             ({"channel": "6"}, "1 to 14"), ({"encryption": 6}, "0 to 5"), ({"ssid": 5}, "string")):
            with self.subTest(change):
                self.check_refused({"access_point": {"ssid": "a", "password": "b", **change}}, part)
        self.check_refused("none", "object")
        self.check_refused({"access_point": []}, "object")

    def test_enterprise_methods(self):
        point = {"ssid": "a", "identity": "i", "username": "u", "password": "p"}
        for methods in ([], [3], [1, 1], ["1"], 1):
            with self.subTest(methods):
                self.check_refused({"enterprise_access_point": {**point, "methods": methods}}, "methods")

    def test_a_bssid_given_twice(self):
        twins = {"ssid": "t", "password": "p", "bssid_a": MAC, "bssid_b": MAC}
        self.check_refused({"twin_access_point": twins}, MAC, "twice")
        upper = {"ssid": "o", "bssid": MAC.upper()}
        self.check_refused({"access_point": {"ssid": "a", "password": "b", "bssid": MAC}, "open_access_point": upper},
                           "open_access_point", "twice")

    def test_addresses_and_wrong_password(self):
        self.check_refused({"host_address": "192.168.1"}, "IPv4")
        self.check_refused({"module_address": "::1"}, "IPv4")
        self.check_refused({"wrong_password": "short"}, "8 to 64")
        self.check_refused({"wrong_password": "password", "access_point": {"ssid": "a", "password": "password"}},
                           "own password")

    def test_pki_needs_all_its_files(self):
        self.check_refused({"pki": "nowhere"}, "network.pki", "nowhere/ca.pem", "No such file")
        self.check_refused({"pki": 5}, "a folder")
        folder = os.path.dirname(self.file("pki/ca.pem", ""))
        for name in ("server.pem", "server.key"):
            self.file("pki/" + name, "")
        self.check_refused({"pki": folder}, "pki/client-ca.pem")
        self.file("pki/client-ca.pem", "")
        text = json.dumps({"bench": "test", "network": {"pki": "pki"}})
        result = self.call("run", "--dry-run", "--bench", self.file("bench.json", text), "basic/at/*")
        self.assertEqual(result.code, 0, result.err)

    def test_air_that_is_not_there(self):
        self.check_refused({}, "fixtures/air/thin.json", air="thin")

    def test_timeouts(self):
        for name in ("join", "connect", "escape", "sntp", "update"):
            self.check_refused({}, "timeouts_ms." + name, timeouts_ms={name: 0})

    def test_benches_of_the_project_load(self):
        for path in glob.glob(os.path.join(SOURCE, "fixtures/benches/*.json")):
            with self.subTest(path):
                result = self.call("run", "--dry-run", "--bench", path, "basic/at/*")
                self.assertEqual(result.code, 0, result.err)


class Facilities(CliTest):
    """What a bench declares and what it has, against the virtual module and its air."""

    def bench(self, network, facilities=()):
        text = json.dumps({
            "bench": "test", "facilities": list(facilities), "network": network, "air": "default",
            "timeouts_ms": {"answer": 1500, "restart": 5000, "silence": 60, "case": 20000, "recover": 10000,
                            "join": 500, "scan": 500, "lease": 500}})
        return self.file("bench.json", text)

    def verdict_of(self, case, network, facilities=()):
        result = self.run_iut("virtual:", case, bench=self.bench(network, facilities))
        verdicts = result.verdicts()
        self.assertEqual(list(verdicts), [case])
        return result.code, verdicts[case]["verdict"], verdicts[case]["message"]

    def test_no_access_point_is_unequipped(self):
        code, verdict, message = self.verdict_of("wifi/cwjap/shows_a_signal_strength", {})
        self.assertEqual((code, verdict), (5, "unequipped"))
        self.assertIn("access_point", message)

    def test_a_fact_that_is_not_given_is_unequipped(self):
        point = {"ssid": "atconform", "password": "correct horse"}
        code, verdict, message = self.verdict_of("wifi/cwjap/shows_the_access_point", {"access_point": point})
        self.assertEqual((code, verdict), (5, "unequipped"))
        self.assertIn("access_point.bssid", message)

    def test_an_access_point_that_is_not_there_is_inconclusive(self):
        point = {"ssid": "switched off", "password": "correct horse", "bssid": "02:00:5e:00:00:77", "channel": 6}
        for case in ("wifi/cwqap/leaves_the_access_point", "wifi/cwjap/shows_the_access_point",
                     "wifi/cwqap/execute_answers_as_documented", "wifi/cwjap/joins_beside_a_softap"):
            with self.subTest(case):
                code, verdict, message = self.verdict_of(case, {"access_point": point})
                self.assertEqual((code, verdict), (1, "inconclusive"), message)
                self.assertIn("switched off", message)

    def test_a_derived_case_needs_what_its_setup_names(self):
        code, verdict, message = self.verdict_of("wifi/cwqap/execute_answers_as_documented", {})
        self.assertEqual((code, verdict), (5, "unequipped"))
        self.assertIn("access_point", message)

    def test_an_enterprise_method_that_is_not_listed_is_unequipped(self):
        point = {"ssid": "atconform-enterprise", "identity": "atconform", "username": "tester", "password": "secret",
                 "methods": [1]}
        network = {"enterprise_access_point": point}
        self.assertEqual(self.verdict_of("wifi/cwjeap/joins_by_peap", network)[:2], (0, "pass"))
        self.assertEqual(self.verdict_of("wifi/cwjeap/joins_by_tls", network)[:2], (5, "unequipped"))

    def test_an_address_option_wins(self):
        point = {"ssid": "atconform", "password": "correct horse"}
        bench = self.bench({"access_point": point, "host_address": "127.0.0.1"}, ["control"])
        case = "wifi/mdns/announces_the_service"
        result = self.run_iut("virtual:?address=127.9.9.9", case, bench=bench)
        self.assertEqual(result.verdicts()[case]["verdict"], "pass", result.out)
        notes = [e["text"] for e in result.journal() if e["e"] == "note"]
        self.assertTrue(any("127.9.9.9" in text for text in notes), notes)


if __name__ == "__main__":
    unittest.main()
