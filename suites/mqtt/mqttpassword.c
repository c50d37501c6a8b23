/* SPDX-License-Identifier: MIT */
/* AT+MQTTPASSWORD: a password in place of the one of AT+MQTTUSERCFG. */
#include "names.h"

static struct name name(void)
{
	return NAME("AT+MQTTPASSWORD", password);
}

Test(mqttpassword, replaces_the_configured_one, REQ("MQTTPASSWORD-8"), TAGS("needs:peers"))
{
	name_replaces(name());
}

Test(mqttpassword, counts_last, REQ("MQTTPASSWORD-14"), TAGS("needs:peers"))
{
	name_counts_last(name());
}

Test(mqttpassword, leaves_the_others_alone, REQ("MQTTPASSWORD-15"), TAGS("needs:peers"))
{
	name_leaves_the_others(name());
}

Test(mqttpassword, reaches_the_broker_unescaped, REQ("MQTTPASSWORD-16"), TAGS("needs:peers"))
{
	name_is_unescaped(name());
}

Test(mqttpassword, may_fill_255_bytes, REQ("MQTTPASSWORD-10"), TAGS("needs:peers"))
{
	name_may_be_long(name());
}

Test(mqttpassword, is_refused_in_a_command_of_257_bytes, REQ("MQTTPASSWORD-11"),
	TAGS("needs:peers"))
{
	name_is_not_too_long(name());
}

Test(mqttpassword, stays_when_another_is_refused, REQ("MQTTPASSWORD-13"), TAGS("needs:peers"))
{
	name_stays_when_refused(name());
}

Test(mqttpassword, is_refused_before_the_configuration, REQ("MQTTPASSWORD-9"))
{
	name_needs_a_configuration(name());
}

Test(mqttpassword, is_refused_after_the_cleaning, REQ("MQTTPASSWORD-17"), TAGS("needs:peers"))
{
	name_is_cleaned(name());
}

Test(mqttpassword, is_refused_while_connected, REQ("MQTTPASSWORD-12"), TAGS("needs:broker"))
{
	name_stays_while_connected(name());
}

Test(mqttpassword, is_accepted_by_the_broker, REQ("MQTTPASSWORD-8"), TAGS("needs:broker"))
{
	online();
	given(user_line(MQTT_TCP, client_id(), broker("username"), "wrong", ""));
	at(fmt("AT+MQTTPASSWORD=0,\"%s\"", escaped(broker("password"))), "OK");
	at(broker_line("tcp", 0), "OK");
	leave_mqtt();
}

Test(mqttpassword, is_refused_by_the_broker, REQ("MQTTPASSWORD-8"), TAGS("needs:broker"))
{
	enter_configured(MQTT_TCP);
	at("AT+MQTTPASSWORD=0,\"wrong\"", "OK");
	at(broker_line("tcp", 0), "ERROR");
	leave_mqtt();
}
