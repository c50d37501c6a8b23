#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Wi-Fi commands of the virtual module: forms, bounds, store, and what they do to the radio."""
import unittest

from wifi_air import AIR, HOME, JOIN, Case  # noqa: F401

PEAP = 'AT+CWJEAP="atconform-enterprise",{},"atconform","{}","{}",{}'


class Station(Case):
    def test_mode(self):
        self.ok("AT+CWMODE?", "+CWMODE:1")
        for mode in (0, 2, 3, 1):
            self.ok(f"AT+CWMODE={mode}")
            self.ok("AT+CWMODE?", f"+CWMODE:{mode}")
        self.error("AT+CWMODE=4", "AT+CWMODE=-1", 'AT+CWMODE="1"', "AT+CWMODE=", "AT+CWMODE=1,1", "AT+CWMODE",
                   "AT+CWMODE=?")
        self.ok("AT+CWMODE=3")
        self.restart()
        self.ok("AT+CWMODE?", "+CWMODE:3")

    def test_join(self):
        self.ok("AT+CWJAP?")
        self.join()
        self.ok("AT+CWJAP?", f'+CWJAP:"atconform","{HOME}",6,-41,0,1,3')
        self.ok('AT+CWJAP="atconform-open",""', "WIFI DISCONNECT", "WIFI CONNECTED", "WIFI GOT IP")
        self.ok("AT+CWQAP", "WIFI DISCONNECT")
        self.ok("AT+CWQAP")
        self.ok("AT+CWJAP?")
        self.join(f'AT+CWJAP="atconform","correct horse","{HOME.upper()}",1,0,100')
        self.ok("AT+CWJAP?", f'+CWJAP:"atconform","{HOME}",6,-41,1,0,100')
        self.ok("AT+CWMODE=2", "WIFI DISCONNECT")

    def test_join_fails(self):
        for command, code in (('"atconform-silent","correct horse"', 1), ('"atconform","wrong horse"', 2),
                              ('"nowhere",""', 3), ('"atconform-refuses","correct horse"', 4),
                              ('"atconform","correct horse","02:00:5e:00:00:02"', 3),
                              ('"atconform-open","",,1', 3), ('"atconform-wep","abcde",,1', 3),
                              ('"atconform-enterprise","secret"', 4), ('"atconform","Correct horse"', 2)):
            self.says("AT+CWJAP=" + command, f"+CWJAP:{code}", "ERROR")
        self.ok("AT+CWJAP?")
        self.ok("AT+SYSLOG=1")
        self.says('AT+CWJAP="nowhere",""', "+CWJAP:3", "ERR CODE:0x010a0003", "ERROR")

    def test_join_is_refused(self):
        self.join()
        good = 'AT+CWJAP="atconform","correct horse"'
        self.error(f'AT+CWJAP="{"s" * 33}",""', f'AT+CWJAP="atconform","{"p" * 65}"', "AT+CWJAP=atconform,x",
                   'AT+CWJAP="atconform",horse', good + ',"02:00:5e:00:00"', good + ",1", good + ",,2",
                   good + ",,,2", good + ",,,,0", good + ",,,,101", good + ",,,,-1", good + ",,,,1,1",
                   'AT+CWJAP="atconform"', 'AT+CWJAP="atconform",', 'AT+CWJAP=,"x"', "AT+CWJAP=", "AT+CWJAP",
                   'AT+CWJAP="","x"', 'AT+CWJAP="atconform","correct horse')
        self.ok("AT+CWJAP?", f'+CWJAP:"atconform","{HOME}",6,-41,0,1,3')
        for mode in (0, 2):
            self.m.ask(f"AT+CWMODE={mode}")
            self.error(good)
        self.ok("AT+CWMODE=3")
        self.join()

    def test_names_to_the_byte(self):
        self.join('AT+CWJAP="x","12345678"')
        for command in ('AT+CWJAP="atconform-longest-name-32-bytes.","' + "0123456789abcdef" * 4 + '"',
                        r'AT+CWJAP="ab\\\,c","0123456789\"\\"', 'AT+CWJAP="bell\7 escape\33[31m tab\t",""',
                        'AT+CWJAP="\\"a\\,b\\\\c</script>&\xc3\xa9\xe2\x82\xac\xf0\x9f\x92\xa5+CWLAP:",'
                        '"p\\"a\\,s\\\\s word"'):
            self.ok(command, "WIFI DISCONNECT", "WIFI CONNECTED", "WIFI GOT IP")

    def test_twins(self):
        twin = 'AT+CWJAP="atconform-twin","twin password"'
        self.join(twin)
        self.assertEqual(self.wifi()["joined"], "02:00:5e:00:00:07")
        for last in ("06", "07"):
            self.m.ask(f'{twin},"02:00:5e:00:00:{last}"')
            self.assertEqual(self.wifi()["joined"], f"02:00:5e:00:00:{last}")

    def test_saved_and_joined_again(self):
        self.join(JOIN + ",,0,1,10")
        self.restart()
        self.comes("WIFI CONNECTED", "WIFI GOT IP")
        self.ok("AT+CWJAP?", f'+CWJAP:"atconform","{HOME}",6,-41,0,1,10')
        self.ok("AT+CWAUTOCONN=0")
        self.restart()
        self.assertEqual(self.lines(0.2), [])
        self.error("AT+CWAUTOCONN=2", "AT+CWAUTOCONN=", "AT+CWAUTOCONN=x", "AT+CWAUTOCONN=1,1", "AT+CWAUTOCONN?")
        self.ok("AT+CWAUTOCONN=1")
        self.m.control({"do": "power-cycle"})
        self.m.until(b"ready\r\n")
        self.comes("WIFI CONNECTED", "WIFI GOT IP")
        self.ok("AT+RESTORE")
        self.m.until(b"ready\r\n")
        self.assertEqual(self.lines(0.2), [])

    def test_enterprise(self):
        for method, name, password, security in ((1, "tester", "secret", 0), (2, "tester", "secret", 2)):
            command = PEAP.format(method, name, password, security)
            self.ok(command, "WIFI CONNECTED", "WIFI GOT IP")
            self.ok("AT+CWJEAP?", "+" + command[3:].replace("=", ":"))
            self.ok("AT+CWQAP", "WIFI DISCONNECT")
            self.ok("AT+CWJEAP?")
        self.join('AT+CWJEAP="atconform-enterprise",0,"atconform",,,3')
        self.restart()
        self.comes("WIFI CONNECTED", "WIFI GOT IP")
        self.ok("AT+CWJEAP?", '+CWJEAP:"atconform-enterprise",0,"atconform","","",3')
        self.ok("AT+CWQAP", "WIFI DISCONNECT")
        for command in (PEAP.format(1, "tester", "wrong", 0), PEAP.format(1, "wrong", "secret", 0),
                        'AT+CWJEAP="dlink11111",2,"example@espressif.com","espressif","test11",0',
                        'AT+CWJEAP="atconform",1,"atconform","tester","secret",0',
                        'AT+CWJEAP="nowhere",0,"atconform","","",1'):
            self.says(command, "+CWJEAP:Timeout", "ERROR")
        long = "a" * 33
        self.error(PEAP.format(3, "a", "b", 0), PEAP.format(-1, "a", "b", 0), PEAP.format(1, "", "b", 0),
                   PEAP.format(2, "a", "", 0), PEAP.format(1, long, "b", 0), PEAP.format(1, "a", long, 0),
                   PEAP.format(1, "a", "b", 4), PEAP.format(0, "", "", 0), PEAP.format(0, "", "", 2),
                   'AT+CWJEAP="x",1,"i",,"p",0', 'AT+CWJEAP="x",1,"i","u",,0', 'AT+CWJEAP="x",1,"","u","p",0',
                   'AT+CWJEAP="x",1,,"u","p",0', 'AT+CWJEAP="x",1,"i","u","p"', 'AT+CWJEAP="x",1,"i","u","p",0,0',
                   'AT+CWJEAP="",1,"i","u","p",0', 'AT+CWJEAP="x",1,"i",u,"p",0', "AT+CWJEAP")
        self.ok("AT+CWMODE=2")
        self.error(PEAP.format(1, "tester", "secret", 0))

    def test_enterprise_with_a_certificate_from_nowhere(self):
        command = PEAP.replace("atconform-enterprise", "atconform-untrusted")
        for security in (2, 3):
            self.says(command.format(1, "tester", "secret", security), "+CWJEAP:Timeout", "ERROR")
        self.ok(command.format(1, "tester", "secret", 1), "WIFI CONNECTED", "WIFI GOT IP")

    def test_host_name(self):
        self.ok("AT+CWHOSTNAME?", '+CWHOSTNAME:"espressif"')
        for name in ("a", "h" * 32, "my_test"):
            self.ok(f'AT+CWHOSTNAME="{name}"')
            self.ok("AT+CWHOSTNAME?", f'+CWHOSTNAME:"{name}"')
        self.error(f'AT+CWHOSTNAME="{"h" * 33}"', 'AT+CWHOSTNAME=""', "AT+CWHOSTNAME=my_test", "AT+CWHOSTNAME=",
                   'AT+CWHOSTNAME="a","b"')
        self.join()
        self.assertEqual(self.wifi()["hostname"], "my_test")
        self.ok("AT+CWMODE=2", "WIFI DISCONNECT")
        self.error('AT+CWHOSTNAME="x"')
        self.ok("AT+CWMODE=3")
        self.ok('AT+CWHOSTNAME="x"')
        self.restart()
        self.comes("WIFI CONNECTED", "WIFI GOT IP")
        self.ok("AT+CWHOSTNAME?", '+CWHOSTNAME:"espressif"')


class Scan(Case):
    def scan(self, command="AT+CWLAP"):
        answer = self.m.ask(command)
        self.assertEqual(answer[-1], "OK", command)
        return [line.removeprefix("+CWLAP:") for line in answer[:-1]]

    def test_list(self):
        found = self.scan()
        self.assertEqual(len(found), 18)
        self.assertIn(f'3,"atconform",-41,"{HOME}",6', found)
        self.assertEqual({line[0] for line in found}, set("012345"))
        self.assertFalse(any("hidden" in line for line in found))
        self.ok("AT+CWMODE=2")
        self.error("AT+CWLAP", 'AT+CWLAP="atconform"')

    def test_order(self):
        def strengths():
            return [int(line.split('",')[1].split(",")[0]) for line in self.scan()]
        self.assertNotEqual(strengths(), sorted(strengths(), reverse=True))
        self.ok("AT+CWLAPOPT=1,31")
        self.assertEqual(strengths(), sorted(strengths(), reverse=True))
        self.air({"ap": HOME, "set": {"rssi": -99}})
        self.assertEqual(self.scan()[-1], f'3,"atconform",-99,"{HOME}",6')
        self.air({"ap": HOME, "set": {"rssi": -41}})

    def test_masks(self):
        fields = ["3", '"atconform"', "-41", f'"{HOME}"', "6"]
        for mask in range(32):
            self.ok(f"AT+CWLAPOPT=0,{mask}")
            wanted = ",".join(f for i, f in enumerate(fields) if mask >> i & 1)
            self.assertEqual(self.scan('AT+CWLAP="atconform"'), [wanted])
        self.error("AT+CWLAPOPT=0,32", "AT+CWLAPOPT=0,-1", "AT+CWLAPOPT=2,31", "AT+CWLAPOPT=-1,31", "AT+CWLAPOPT=1",
                   "AT+CWLAPOPT=1,1,1", "AT+CWLAPOPT=,1", "AT+CWLAPOPT=1,", 'AT+CWLAPOPT="1",31', "AT+CWLAPOPT?")

    def test_filters(self):
        one = [f'3,"atconform",-41,"{HOME}",6']
        for command, wanted in ((f'"atconform","{HOME}",6,0,0,1500', one), (f',"{HOME}"', one), ('"nowhere"', []),
                                ('"atconform","02:00:5e:00:00:02"', []), ('"atconform",,7', []),
                                ('"atconform",,,1', one), ('"atconform",,,1,1500,1', one)):
            self.assertEqual(self.scan("AT+CWLAP=" + command), wanted, command)
        self.assertEqual(len(self.scan('AT+CWLAP="atconform-twin"')), 2)
        self.assertEqual(len(self.scan("AT+CWLAP=,,6")), 3)
        self.assertEqual(len(self.scan('AT+CWLAP="atconform-hidden"')), 1)
        self.assertEqual(self.scan('AT+CWLAP="atconform-hidden",,,1'), [])
        self.assertEqual(self.scan(r'AT+CWLAP="ab\\\,c"'), ['3,"ab\\,c",-74,"02:00:5e:00:00:11",6'])
        self.error(f'AT+CWLAP="{"s" * 33}"', 'AT+CWLAP="x","y"', "AT+CWLAP=,,0", "AT+CWLAP=,,15", "AT+CWLAP=,,,2",
                   "AT+CWLAP=,,,0,-1", "AT+CWLAP=,,,0,1501", "AT+CWLAP=,,,0,0,1501", "AT+CWLAP=,,,0,1000,400",
                   'AT+CWLAP="a",,,,,,1', "AT+CWLAP=atconform", "AT+CWLAP?")

    def test_gone(self):
        self.join()
        self.air({"ap": "02:00:5e:00:00:07", "set": {"visible": False}})
        self.assertEqual(len(self.scan('AT+CWLAP="atconform-twin"')), 1)
        self.assertEqual(self.wifi()["joined"], HOME)


class SoftAp(Case):
    def setUp(self):
        super().setUp()
        self.ok("AT+CWMODE=2")

    def station(self, n, what="join", **more):
        return self.air({"station": f"02:00:5e:00:10:{n:02x}", "do": what, **more})

    def test_configuration(self):
        sap = 'AT+CWSAP="ESP","1234567890",5,3'
        self.assertRegex(self.m.ask("AT+CWSAP?")[0], r'^\+CWSAP:"ESP_[0-9A-F]{6}","",1,0,4,0$')
        for rest, shown in ((",10,1", "10,1"), ("", "4,0"), (",1", "1,0"), (",,1", "4,1"), (",2,0", "2,0")):
            self.ok(sap + rest)
            self.ok("AT+CWSAP?", f'+CWSAP:"ESP","1234567890",5,3,{shown}')
        for ecn in (2, 4):
            self.ok(f'AT+CWSAP="{"s" * 32}","{"p" * 64}",13,{ecn}')
        self.ok('AT+CWSAP="E","",1,0')
        self.ok(r'AT+CWSAP="a\,b\"c\\d","12345\"\,\\",1,3')
        self.ok("AT+CWSAP?", '+CWSAP:"a,b"c\\d","12345",\\",1,3,4,0')
        self.error(f'AT+CWSAP="{"s" * 33}","1234567890",5,3', 'AT+CWSAP="","1234567890",5,3',
                   'AT+CWSAP="E","1234567",5,3', f'AT+CWSAP="E","{"p" * 65}",5,3', 'AT+CWSAP="E","",5,3',
                   sap[:-3] + "0,3", sap[:-3] + "15,3", sap[:-1] + "1", sap[:-1] + "5", sap[:-1] + "-1", sap + ",0",
                   sap + ",11", sap + ",4,2", sap + ",4,-1", sap + ",4,0,0", sap[:-2], "AT+CWSAP=",
                   'AT+CWSAP=ESP,"1234567890",5,3', 'AT+CWSAP="ESP",1234567890,5,3', 'AT+CWSAP="ESP",,5,3')
        self.ok("AT+CWSAP?", '+CWSAP:"a,b"c\\d","12345",\\",1,3,4,0')
        self.restart()
        self.ok("AT+CWSAP?", '+CWSAP:"a,b"c\\d","12345",\\",1,3,4,0')
        for mode in (0, 1):
            self.ok(f"AT+CWMODE={mode}")
            self.error(sap)
        self.ok("AT+CWMODE=3")
        self.ok(sap)

    def test_stations(self):
        self.ok('AT+CWSAP="ESP","1234567890",5,3,2')
        self.ok("AT+CWLIF")
        self.assertFalse(self.station(1, password="wrong")["joined"])
        self.assertEqual(self.station(1)["value"], "192.168.4.2")
        self.assertEqual(self.station(2, password="1234567890")["value"], "192.168.4.3")
        self.assertFalse(self.station(3)["joined"])
        self.assertFalse(self.station(1)["joined"])
        self.comes(*(f'+STA_CONNECTED:"02:00:5e:00:10:0{n}"' for n in (1, 2)))
        self.ok("AT+CWLIF", "192.168.4.2,02:00:5e:00:10:01", "192.168.4.3,02:00:5e:00:10:02")
        self.station(1, "leave")
        self.comes('+STA_DISCONNECTED:"02:00:5e:00:10:01"')
        self.ok("AT+CWLIF", "192.168.4.3,02:00:5e:00:10:02")
        self.assertEqual(self.station(3)["value"], "192.168.4.2")
        self.m.read(0.1)
        self.error('AT+CWQIF="02:00:5e:00:10:01"', 'AT+CWQIF="02:00:5e:00:10"', "AT+CWQIF=02:00:5e:00:10:02",
                   "AT+CWQIF=", 'AT+CWQIF="02:00:5e:00:10:02",1')
        self.ok('AT+CWQIF="02:00:5E:00:10:02"', '+STA_DISCONNECTED:"02:00:5e:00:10:02"')
        self.ok("AT+CWQIF", '+STA_DISCONNECTED:"02:00:5e:00:10:03"')
        self.assertEqual(self.m.control({"get": "stations"}), {"ok": True, "stations": []})
        self.ok("AT+CWQIF")

    def test_most_stations(self):
        self.ok('AT+CWSAP="ESP","1234567890",5,3,10')
        joined = [self.station(n)["joined"] for n in range(1, 12)]
        self.assertEqual(joined, [True] * 10 + [False])
        self.assertEqual(len(set(self.m.ask("AT+CWLIF")[-11:-1])), 10)
        self.m.ask("AT+CWMODE=1")
        self.assertFalse(self.station(1)["joined"])

    def test_range(self):
        good = 'AT+CWDHCPS=1,3,"192.168.4.10","192.168.4.15"'
        self.ok("AT+CWDHCPS?", '+CWDHCPS:120,"192.168.4.2","192.168.4.101"')
        self.ok(good)
        self.ok("AT+CWDHCPS?", '+CWDHCPS:3,"192.168.4.10","192.168.4.15"')
        self.error("AT+CWDHCPS=1", "AT+CWDHCPS=2", "AT+CWDHCPS=", "AT+CWDHCPS=1,3", good + ",1",
                   *(f'AT+CWDHCPS=1,{lease},"{a}","{b}"' for lease, a, b in (
                       (0, "192.168.4.10", "192.168.4.15"), (2881, "192.168.4.10", "192.168.4.15"),
                       (3, "192.168.4.15", "192.168.4.10"), (3, "192.168.5.10", "192.168.5.15"),
                       (3, "192.168.4.10", "192.168.5.15"), (3, "192.168.4", "192.168.4.15"),
                       ("", "192.168.4.10", "192.168.4.15"), (3, "192.168.4.10", ""))))
        self.assertEqual(self.station(1)["value"], "192.168.4.10")
        self.m.read(0.1)
        self.restart()
        self.ok("AT+CWDHCPS?", '+CWDHCPS:3,"192.168.4.10","192.168.4.15"')
        self.ok('AT+CWDHCPS=1,2880,"192.168.4.77","192.168.4.77"')
        self.assertEqual(self.station(2)["value"], "192.168.4.77")
        self.assertEqual(self.station(3)["value"], "0.0.0.0")
        self.m.read(0.1)
        self.ok("AT+CWLIF", "192.168.4.77,02:00:5e:00:10:02")
        self.ok("AT+CWDHCPS=0")
        self.ok("AT+CWDHCPS?", '+CWDHCPS:120,"192.168.4.2","192.168.4.101"')
        self.ok("AT+CWDHCP=0,2")
        self.error(good, "AT+CWDHCPS=0")
        self.assertEqual(self.station(4)["value"], "0.0.0.0")
        self.m.read(0.1)
        self.m.ask("AT+CWDHCP=1,2")
        self.m.ask("AT+CWMODE=1")
        self.error(good)

    def test_address(self):
        self.ok("AT+CIPAP?", '+CIPAP:"192.168.4.1","192.168.4.1","255.255.255.0"')
        self.ok('AT+CIPAP="192.168.5.1","192.168.5.2","255.255.0.0"')
        self.ok("AT+CIPAP?", '+CIPAP:"192.168.5.1","192.168.5.2","255.255.0.0"')
        self.ok("AT+CWDHCP?", "+CWDHCP:1")
        self.ok("AT+CWDHCP=1,2")
        self.ok("AT+CWDHCPS?", '+CWDHCPS:120,"192.168.5.2","192.168.5.101"')
        self.ok('AT+CIPAP="10.1.2.254"')
        self.ok("AT+CIPAP?", '+CIPAP:"10.1.2.254","10.1.2.1","255.255.255.0"')
        self.ok("AT+CWDHCPS?", '+CWDHCPS:120,"10.1.2.1","10.1.2.253"')
        self.error('AT+CIPAP="256.1.1.1"', 'AT+CIPAP="1.2.3"', "AT+CIPAP=1.2.3.4", 'AT+CIPAP="10.0.0.1","10.0.0.1"',
                   'AT+CIPAP="10.0.0.1",,"255.255.255.0"', 'AT+CIPAP="10.0.0.1","10.0.0.1","255.0.255.0"',
                   'AT+CIPAP=""', "AT+CIPAP=", 'AT+CIPAP="10.0.0.1","10.0.0.1","255.255.255.0","x"')
        self.restart()
        self.ok("AT+CIPAP?", '+CIPAP:"10.1.2.254","10.1.2.1","255.255.255.0"')


class Addresses(Case):
    def test_dhcp_states(self):
        self.ok("AT+CWMODE=3")
        for before in range(4):
            for operate in (0, 1):
                for mode in (1, 2, 3):
                    self.ok("AT+CWDHCP=0,3")
                    if before:
                        self.ok(f"AT+CWDHCP=1,{before}")
                    self.ok(f"AT+CWDHCP={operate},{mode}")
                    after = before | mode if operate else before & ~mode
                    self.ok("AT+CWDHCP?", f"+CWDHCP:{after}")
        self.error("AT+CWDHCP=2,1", "AT+CWDHCP=-1,1", "AT+CWDHCP=1,0", "AT+CWDHCP=1,4", "AT+CWDHCP=1", "AT+CWDHCP=1,1,1",
                   "AT+CWDHCP=,1", 'AT+CWDHCP="1",1')
        self.ok("AT+CWDHCP=0,1")
        self.restart()
        self.ok("AT+CWDHCP?", "+CWDHCP:2")

    def test_last_one_wins(self):
        static = 'AT+CIPSTA="192.168.101.7","192.168.101.1","255.255.255.0"'
        self.ok("AT+CIPSTA?", '+CIPSTA:"0.0.0.0"')
        self.join()
        self.ok("AT+CIPSTA?", '+CIPSTA:"192.168.101.100"')
        self.ok(static)
        self.ok("AT+CIPSTA?", '+CIPSTA:"192.168.101.7"')
        self.ok("AT+CWDHCP?", "+CWDHCP:2")
        self.ok("AT+CWDHCP=1,1")
        self.comes("WIFI GOT IP")
        self.ok("AT+CIPSTA?", '+CIPSTA:"192.168.101.100"')
        self.ok('AT+CIPSTA="192.168.101.8"')
        self.restart()
        self.comes("WIFI CONNECTED", "WIFI GOT IP")
        self.ok("AT+CIPSTA?", '+CIPSTA:"192.168.101.8"')
        self.error('AT+CIPSTA="0.0.0.0"', 'AT+CIPSTA="192.168.6.1000"', 'AT+CIPSTA="192.168.6.1","192.168.6.1"',
                   "AT+CIPSTA=", "AT+CIPSTA=192.168.6.1")
        self.ok("AT+RESTORE")
        self.m.until(b"ready\r\n")
        self.join()
        self.ok("AT+CIPSTA?", '+CIPSTA:"192.168.101.100"')

    def test_without_any_address(self):
        self.ok("AT+CWDHCP=0,1")
        self.ok(JOIN, "WIFI CONNECTED")
        self.ok("AT+CIPSTA?", '+CIPSTA:"0.0.0.0"')

    def test_macs(self):
        self.assertNotEqual(self.m.ask("AT+CIPSTAMAC?")[0][-18:], self.m.ask("AT+CIPAPMAC?")[0][-18:])
        for name in ("CIPSTAMAC", "CIPAPMAC"):
            self.ok(f'AT+{name}="1A:fe:35:98:D3:7b"')
            self.ok(f"AT+{name}?", f'+{name}:"1a:fe:35:98:d3:7b"')
            self.error(*(f'AT+{name}="{mac}"' for mac in (
                "15:fe:35:98:d3:7b", "ff:ff:ff:ff:ff:ff", "FF:FF:FF:FF:FF:FF", "00:00:00:00:00:00", "1a:fe:35:98:d3",
                "1a:fe:35:98:d3:7b:00", "1a:fe:35:98:d3:7g", "1afe3598d37b", "1a:fe:35:98:d3:", "1a-fe-35-98-d3-7b", "")),
                       f"AT+{name}=1a:fe:35:98:d3:7b", f"AT+{name}=", f'AT+{name}="1a:fe:35:98:d3:7b",1')
            self.restart()
            self.ok(f"AT+{name}?", f'+{name}:"1a:fe:35:98:d3:7b"')
        self.join()
        self.ok('AT+CIPSTAMAC="02:11:22:33:44:55"', "WIFI DISCONNECT")


class Field(Case):
    options = ("--dialect", "field")

    def raw(self, command, answer):
        self.m.send(command + "\r\n")
        self.assertEqual(self.m.until(answer.encode()), f"{command}\r\n{answer}".encode())

    def test_forms(self):
        self.raw("AT+CWDHCP?", "+CWDHCP:3\r\nOK\r\n")
        self.raw("AT+CWDHCPS?", "+CWDHCPS:120,192.168.4.2,192.168.4.101\r\nOK\r\n")
        self.raw("AT+CWAUTOCONN?", "+CWAUTOCONN:1\r\nOK\r\n")
        self.raw("AT+CWHOSTNAME?", "+CWHOSTNAME:espressif\r\n\r\nOK\r\n")
        self.raw("AT+CWMODE=?", "+CWMODE:(1-3)\r\n\r\nOK\r\n")
        self.ok("AT+CWQAP=?")
        self.ok("AT+CIPAP?", '+CIPAP:ip:"192.168.4.1"', '+CIPAP:gateway:"192.168.4.1"', '+CIPAP:netmask:"255.255.255.0"')
        self.ok('AT+CWLAP="atconform"', f'+CWLAP:(3,"atconform",-41,"{HOME}",6)')
        self.join()
        self.ok("AT+CIPSTA?", '+CIPSTA:ip:"192.168.101.100"', '+CIPSTA:gateway:"192.168.101.1"',
                '+CIPSTA:netmask:"255.255.255.0"')
        self.ok("AT+CWMODE=2", "WIFI DISCONNECT")
        self.air({"station": "02:00:5e:00:10:01", "do": "join"})
        self.m.read(0.1)
        self.ok("AT+CWLIF", "+CWLIF:192.168.4.2,02:00:5e:00:10:01")

    def test_smart_words(self):
        self.ok("AT+CWSTARTSMART")
        self.assertTrue(self.air({"phone": "send", "type": "airkiss"})["value"])
        self.comes("smartconfig type:AIRKISS", "Smart get wifi info", "ssid:atconform", "password:correct horse",
                   "WIFI CONNECTED", "WIFI GOT IP", "smartconfig connected wifi")


if __name__ == "__main__":
    unittest.main()
