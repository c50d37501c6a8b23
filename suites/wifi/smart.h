/* SPDX-License-Identifier: MIT */
/* SmartConfig, as the cases of starting and stopping it need it. */
#ifndef SUITES_WIFI_SMART_H
#define SUITES_WIFI_SMART_H

#include "wifi.h"

#define GOT_INFO  RE("(?i)smart get wi-?fi info")
#define CONNECTED RE("(?i)smartconfig connected wi-?fi")

/* The phone sends the access point's data; "esptouch" or "airkiss". On a bench without control over
 * the air a phone sends all the time, of whatever kind. */
static inline void phone_sends(const char *type)
{
	if (has("air"))
		control(fmt("{\"air\":{\"phone\":\"send\",\"type\":\"%s\"}}", type));
}

static inline void expect_smart_join(void)
{
	urcs(2 * soon_ms(), GOT_INFO, CONNECTED);
}

static inline void leave_smart(void)
{
	given("AT+CWSTOPSMART");
	forget_urcs();
	leave_station();
}

#endif
