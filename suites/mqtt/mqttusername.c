/* SPDX-License-Identifier: MIT */
/* AT+MQTTUSERNAME: a user name in place of the one of AT+MQTTUSERCFG. */
#include "names.h"

static struct name name(void)
{
	return NAME("AT+MQTTUSERNAME", user);
}

Test(mqttusername, replaces_the_configured_one, REQ("MQTTUSERNAME-8"), TAGS("needs:peers"))
{
	name_replaces(name());
}

Test(mqttusername, counts_last, REQ("MQTTUSERNAME-14"), TAGS("needs:peers"))
{
	name_counts_last(name());
}

Test(mqttusername, leaves_the_others_alone, REQ("MQTTUSERNAME-15"), TAGS("needs:peers"))
{
	name_leaves_the_others(name());
}

Test(mqttusername, reaches_the_broker_unescaped, REQ("MQTTUSERNAME-16"), TAGS("needs:peers"))
{
	name_is_unescaped(name());
}

Test(mqttusername, may_fill_255_bytes, REQ("MQTTUSERNAME-10"), TAGS("needs:peers"))
{
	name_may_be_long(name());
}

Test(mqttusername, is_refused_in_a_command_of_257_bytes, REQ("MQTTUSERNAME-11"),
	TAGS("needs:peers"))
{
	name_is_not_too_long(name());
}

Test(mqttusername, stays_when_another_is_refused, REQ("MQTTUSERNAME-13"), TAGS("needs:peers"))
{
	name_stays_when_refused(name());
}

Test(mqttusername, is_refused_before_the_configuration, REQ("MQTTUSERNAME-9"))
{
	name_needs_a_configuration(name());
}

Test(mqttusername, is_refused_after_the_cleaning, REQ("MQTTUSERNAME-17"), TAGS("needs:peers"))
{
	name_is_cleaned(name());
}

Test(mqttusername, is_refused_while_connected, REQ("MQTTUSERNAME-12"), TAGS("needs:broker"))
{
	name_stays_while_connected(name());
}

Test(mqttusername, is_accepted_by_the_broker, REQ("MQTTUSERNAME-8"), TAGS("needs:broker"))
{
	online();
	given(user_line(MQTT_TCP, client_id(), "nobody", broker("password"), ""));
	at(fmt("AT+MQTTUSERNAME=0,\"%s\"", escaped(broker("username"))), "OK");
	at(broker_line("tcp", 0), "OK");
	leave_mqtt();
}

Test(mqttusername, is_refused_by_the_broker, REQ("MQTTUSERNAME-8"), TAGS("needs:broker"))
{
	enter_configured(MQTT_TCP);
	at("AT+MQTTUSERNAME=0,\"nobody\"", "OK");
	at(broker_line("tcp", 0), "ERROR");
	leave_mqtt();
}
