/* SPDX-License-Identifier: MIT */
/* AT+MQTTCLIENTID: a client ID in place of the one of AT+MQTTUSERCFG. */
#include "names.h"

static struct name name(void)
{
	return NAME("AT+MQTTCLIENTID", id);
}

Test(mqttclientid, replaces_the_configured_one, REQ("MQTTCLIENTID-8"), TAGS("needs:peers"))
{
	name_replaces(name());
}

Test(mqttclientid, counts_last, REQ("MQTTCLIENTID-14"), TAGS("needs:peers"))
{
	name_counts_last(name());
}

Test(mqttclientid, leaves_the_others_alone, REQ("MQTTCLIENTID-15"), TAGS("needs:peers"))
{
	name_leaves_the_others(name());
}

Test(mqttclientid, reaches_the_broker_unescaped, REQ("MQTTCLIENTID-16"), TAGS("needs:peers"))
{
	name_is_unescaped(name());
}

Test(mqttclientid, may_fill_255_bytes, REQ("MQTTCLIENTID-10"), TAGS("needs:peers"))
{
	name_may_be_long(name());
}

Test(mqttclientid, is_refused_in_a_command_of_257_bytes, REQ("MQTTCLIENTID-11"),
	TAGS("needs:peers"))
{
	name_is_not_too_long(name());
}

Test(mqttclientid, stays_when_another_is_refused, REQ("MQTTCLIENTID-13"), TAGS("needs:peers"))
{
	name_stays_when_refused(name());
}

Test(mqttclientid, is_refused_before_the_configuration, REQ("MQTTCLIENTID-9"))
{
	name_needs_a_configuration(name());
}

Test(mqttclientid, is_refused_after_the_cleaning, REQ("MQTTCLIENTID-17"), TAGS("needs:peers"))
{
	name_is_cleaned(name());
}

Test(mqttclientid, is_refused_while_connected, REQ("MQTTCLIENTID-12"), TAGS("needs:broker"))
{
	name_stays_while_connected(name());
}

Test(mqttclientid, is_logged_by_the_broker, REQ("MQTTCLIENTID-8"),
	TAGS("needs:broker needs:broker_log"))
{
	enter_configured(MQTT_TCP);
	at(fmt("AT+MQTTCLIENTID=0,\"%s-new\"", client_id()), "OK");
	at(broker_line("tcp", 0), "OK");
	broker_log(fmt("*New client connected from * as %s-new (*", client_id()), 0);
	leave_mqtt();
}
