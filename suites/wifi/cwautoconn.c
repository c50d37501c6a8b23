/* SPDX-License-Identifier: MIT */
/* AT+CWAUTOCONN: it has no query, so that only a start shows what is set. */
#include "wifi.h"

/* Joined, with the access point saved, and the switch set. */
static void enter_switched(int enable)
{
	enter_joined();
	at(fmt("AT+CWAUTOCONN=%d", enable), "OK");
}

static void leave_switched(void)
{
	given("AT+CWAUTOCONN=1");
	leave_station();
}

static void expect_start(bool joined)
{
	check(becomes_joined(true, joined ? soon_ms() : while_ms()) == joined,
		"after the start the module is%s joined", joined ? " not" : "");
}

Test(cwautoconn, off_does_not_join, REQ("CWAUTOCONN-8"), TAGS("nvs slow needs:access_point"))
{
	enter_switched(0);
	restart();
	expect_start(false);
	leave_switched();
}

Test(cwautoconn, on_joins, REQ("CWAUTOCONN-9"), TAGS("nvs needs:access_point"))
{
	enter_switched(1);
	restart();
	expect_start(true);
	leave_switched();
}

Test(cwautoconn, holds_at_the_second_start, REQ("CWAUTOCONN-10"),
	TAGS("nvs slow needs:access_point"))
{
	enter_switched(0);
	restart();
	restart();
	expect_start(false);
	leave_switched();
}

Test(cwautoconn, is_on_from_the_factory, REQ("CWAUTOCONN-11"),
	TAGS("nvs destructive needs:access_point"))
{
	enter_switched(0);
	given("AT+RESTORE");
	wait_restart();
	given("AT+CWMODE=1");
	join("access_point");
	restart();
	expect_start(true);
	leave_switched();
}

Test(cwautoconn, outlives_the_power, REQ("CWAUTOCONN-12"),
	TAGS("nvs slow needs:access_point needs:power"))
{
	enter_switched(0);
	power_cycle();
	expect_start(false);
	leave_switched();
}

Test(cwautoconn, off_does_not_leave, REQ("CWAUTOCONN-13"), TAGS("nvs needs:access_point"))
{
	enter_switched(0);
	expect_joined_to(network("access_point.ssid"));
	leave_switched();
}

Test(cwautoconn, on_does_not_join_at_once, REQ("CWAUTOCONN-13"),
	TAGS("nvs slow needs:access_point"))
{
	enter_switched(0);
	given("AT+CWQAP");
	at("AT+CWAUTOCONN=1", "OK");
	check(!becomes_joined(true, while_ms()), "joined to %s", field("ssid"));
	leave_switched();
}

Test(cwautoconn, stays_on_when_refused, REQ("CWAUTOCONN-14"), TAGS("nvs needs:access_point"))
{
	enter_switched(1);
	at("AT+CWAUTOCONN=2", "ERROR");
	restart();
	expect_start(true);
	leave_switched();
}

Test(cwautoconn, stays_off_when_refused, REQ("CWAUTOCONN-14"), TAGS("nvs slow needs:access_point"))
{
	enter_switched(0);
	at("AT+CWAUTOCONN=2", "ERROR");
	restart();
	expect_start(false);
	leave_switched();
}
