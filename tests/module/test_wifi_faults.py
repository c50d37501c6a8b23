#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A sample of the Wi-Fi faults: each does what it says. That the suite sees them all is the kill
matrix's business."""
import unittest

from atmodule import Module, faults
from wifi_air import ADDRESS, AIR, HOME, JOIN

JOINED = ["WIFI CONNECTED", "WIFI GOT IP", "OK"]
AP = "AT+CWMODE=2"


class Sample(unittest.TestCase):
    def last(self, fault, *commands):
        with Module("--boot-ms", "1", "--air", AIR, "--address", ADDRESS, "--fault", fault, control=True) as m:
            for command in commands[:-1]:
                if isinstance(command, dict):
                    self.assertTrue(m.control(command)["ok"], command)
                    m.read(0.1)
                else:
                    m.ask(command)
                    if command == "AT+RST":
                        m.until(b"ready\r\n")
            return m.ask(commands[-1])

    def test_each(self):
        shown = f'+CWJAP:"atconform","{HOME}",6,-41,0,1,3'
        station = {"air": {"station": "02:00:5e:00:10:01", "do": "join"}}
        for fault, commands, answer in (
                ("any-mode:cwjap", [AP, JOIN], ["OK"]),
                ("not-in-both:cwjap", ["AT+CWMODE=3", JOIN], ["ERROR"]),
                ("wrong-code:cwjap", ['AT+CWJAP="nowhere",""'], ["+CWJAP:4", "ERROR"]),
                ("no-code:cwjap", ['AT+CWJAP="nowhere",""'], ["ERROR"]),
                ("fails-ok:cwjap", ['AT+CWJAP="nowhere",""'], ["OK"]),
                ("any-password:cwjap", ['AT+CWJAP="atconform","x"'], JOINED),
                ("esp-at-479:cwjap", [JOIN, "AT+CWJAP?"], ["OK"]),
                ("got-ip-first:cwjap", [JOIN], ["WIFI GOT IP", "WIFI CONNECTED", "OK"]),
                ("urc-after-ok:cwjap", [JOIN], ["OK"]),
                ("no-connected:cwjap", [JOIN], ["WIFI GOT IP", "OK"]),
                ("pci-ignored:cwjap", ['AT+CWJAP="atconform-open","",,1'], JOINED),
                ("stays-joined:cwqap", [JOIN, "AT+CWQAP", "AT+CWJAP?"], [shown, "OK"]),
                ("ignore-escapes:cwjap", [r'AT+CWJAP="ab\\\,c","0123456789\"\\"'], ["ERROR"]),
                ("accept-above:cwjap.listen_interval", [JOIN + ",,,,101"], ["OK"]),
                ("accept-malformed:cwjap.bssid", [JOIN + ',"x"'], ["OK"]),
                ("nonos-8:cwmode", ["AT+RST", "AT+CWMODE?"], ["+CWMODE:3", "OK"]),
                ("mask-ignored:cwlapopt.rssi", ["AT+CWLAPOPT=0,2", 'AT+CWLAP="atconform"'],
                 ['+CWLAP:"atconform",-41', "OK"]),
                ("filter-ignored:cwlap.mac", [f'AT+CWLAP="atconform","02:00:5e:00:00:02"'],
                 [f'+CWLAP:3,"atconform",-41,"{HOME}",6', "OK"]),
                ("esp-at-856:cwlap", ["AT+CWLAPOPT=0,2", 'AT+CWLAP="atconform"'], ['+CWLAP:("atconform")', "OK"]),
                ("esp-at-933:cwlap", ["AT+CWLAP"], ["OK"]),
                ("swap-fields:cwlap.execute", ["AT+CWLAPOPT=0,3", "AT+CWLAP"], None),
                ("accept-hole:cwsap.ecn", [AP, 'AT+CWSAP="ESP","1234567890",5,1'], ["OK"]),
                ("hidden-by-default:cwsap", [AP, 'AT+CWSAP="ESP","1234567890",5,3', "AT+CWSAP?"],
                 ['+CWSAP:"ESP","1234567890",5,3,4,1', "OK"]),
                ("lease-outside:cwdhcps", [AP, 'AT+CWDHCPS=1,3,"192.168.4.10","192.168.4.15"', station, "AT+CWLIF"],
                 ["192.168.4.16,02:00:5e:00:10:01", "OK"]),
                ("lease-made-up:cwdhcp", [AP, "AT+CWDHCP=0,2", station, "AT+CWLIF"],
                 ["192.168.4.250,02:00:5e:00:10:01", "OK"]),
                ("swap-fields:cwlif.execute", [AP, station, "AT+CWLIF"], ["02:00:5e:00:10:01,192.168.4.2", "OK"]),
                ("replaces:cwdhcp", ["AT+CWDHCP=1,1", "AT+CWDHCP?"], ["+CWDHCP:1", "OK"]),
                ("dhcp-not-disabled:cipsta", ['AT+CIPSTA="192.168.6.1"', "AT+CWDHCP?"], ["+CWDHCP:3", "OK"]),
                ("dhcp-stays:cipsta", [JOIN, 'AT+CIPSTA="192.168.101.7"', "AT+CIPSTA?"],
                 ['+CIPSTA:"192.168.101.100"', "OK"]),
                ("accept-segment:cwdhcps", [AP, 'AT+CWDHCPS=1,3,"192.168.9.10","192.168.9.15"'], ["OK"]),
                ("accept-mac:cipstamac.group", ['AT+CIPSTAMAC="15:fe:35:98:d3:7b"'], ["OK"]),
                ("wrong-value:cipstamac.mac", ['AT+CIPSTAMAC="1a:fe:35:98:d3:70"', "AT+CIPSTAMAC?"],
                 ['+CIPSTAMAC:"1a:fe:35:98:d3:71"', "OK"]),
                ("change-on-refusal:cipap", ['AT+CIPAP="x"', "AT+CWDHCP?"], ["+CWDHCP:1", "OK"]),
                ("stored:cwhostname", ['AT+CWHOSTNAME="kept"', "AT+RST", "AT+CWHOSTNAME?"],
                 ['+CWHOSTNAME:"kept"', "OK"]),
                ("no-timeout-line:cwjeap", ['AT+CWJEAP="x",1,"i","u","p",0'], ["ERROR"]),
                ("nameless:cwjeap", ['AT+CWJEAP="x",1,"i",,,0'], ["OK"])):
            got = self.last(fault, *commands)
            if answer is None:
                self.assertRegex(got[0], r'^\+CWLAP:"atconform",3$', fault)
            else:
                self.assertEqual(got, answer, fault)

    def test_garbage(self):
        lines = self.last("esp-at-312:cwlif", AP, "AT+CWLIF")
        self.assertGreater(len(lines), 5)
        self.assertEqual(lines[0], "0.0.0.0,00:00:00:00:00:00")

    def test_none_is_without_effect_on_the_rest(self):
        """A fault of one command leaves the others alone."""
        for fault in ("swap-fields:cwjap.query", "final-error:cwjap.set", "not-stored:cwsap"):
            self.assertEqual(self.last(fault, "AT+CWMODE=3", "AT+CWMODE?"), ["+CWMODE:3", "OK"])

    def test_many_kinds(self):
        wifi = [f for f in faults() if f["command"].startswith(("AT+CW", "AT+WPS", "AT+MDNS"))
                or f["command"] in ("AT+CIPSTA", "AT+CIPAP", "AT+CIPSTAMAC", "AT+CIPAPMAC")]
        self.assertGreater(len(wifi), 600)
        self.assertEqual(len({f["command"] for f in wifi}), 21)
        self.assertGreater(len({f["operator"] for f in wifi}), 80)


if __name__ == "__main__":
    unittest.main()
