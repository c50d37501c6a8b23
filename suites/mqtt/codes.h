/* SPDX-License-Identifier: MIT */
/* Steps of the cases about error codes, which are switched on for them. Each case begins with one
 * of the enter_…, and ends with leave_codes(). */
#ifndef SUITES_MQTT_CODES_H
#define SUITES_MQTT_CODES_H

#include "mqtt.h"

static inline void enter_codes(void)
{
	given("AT+SYSLOG=1");
}

static inline void enter_user_codes(void)
{
	enter_codes();
	enter_user();
}

static inline void enter_connected_codes(void)
{
	enter_codes();
	enter_connected(0);
}

static inline void leave_codes(void)
{
	leave_mqtt();
	given("AT+SYSLOG=0");
}

#endif
