/* SPDX-License-Identifier: MIT */
/* AT+WPS: the button, and the modes. */
#include "wifi.h"

/* On a bench without control over the air somebody presses it, or something does all the time. */
static void press_button(void)
{
	if (has("air"))
		control("{\"air\":{\"wps\":\"press\"}}");
}

Test(wps, needs_a_station, REQ("WPS-8"), TAGS("nvs"))
{
	enter_mode(0);
	at("AT+WPS=1", "ERROR");
	enter_mode(2);
	at("AT+WPS=1", "ERROR");
	leave_mode();
}

Test(wps, joins_when_the_button_is_pressed, REQ("WPS-9"), TAGS("nvs needs:wps_button"))
{
	enter_station();
	at("AT+WPS=1", "OK");
	press_button();
	check(becomes_joined(true, 2 * soon_ms()), "not joined");
	given("AT+WPS=0");
	leave_station();
}

Test(wps, does_nothing_when_off, REQ("WPS-10"), TAGS("nvs slow needs:wps_button"))
{
	enter_station();
	at("AT+WPS=1", "OK");
	at("AT+WPS=0", "OK");
	press_button();
	check(!becomes_joined(true, while_ms()), "joined to %s", field("ssid"));
	leave_station();
}

Test(wps, works_beside_a_softap, REQ("WPS-12"), TAGS("nvs"))
{
	enter_mode(3);
	leave();
	at("AT+WPS=1", "OK");
	at("AT+WPS=0", "OK");
	leave_mode();
}
