/* SPDX-License-Identifier: MIT */
#include "monitor/rules.h"

#include "monitor/monitor.h"

const struct rule_text rules[RULE_COUNT] = {
	[RULE_ONE_FINAL] = { "SESSION-1", "every command gets exactly one final result" },
	[RULE_NO_COMMAND] = { "SESSION-2", "no final result comes without a command" },
	[RULE_KNOWN_LINE] = { "SESSION-3", "every line belongs to something known" },
	[RULE_RESTART] = { "SESSION-4", "the module does not restart by itself" },
	[RULE_ECHO] = { "SESSION-5", "the echo is what was sent, as ATE0 and ATE1 say" },
	[RULE_PROMPT] = { "SESSION-6", "a prompt and SEND OK come only where data is asked for" },
	[RULE_PAYLOAD] = { "SESSION-7", "as many bytes as announced follow a counted header" },
	[RULE_LINE_END] = { "SESSION-8", "lines end with CR LF" },
	[RULE_PREFIX] = { "SESSION-9", "information lines belong to the pending command" },
	[RULE_CLOSED] = { "SESSION-10", "CLOSED comes once, for a link that was open" },
	[RULE_FROM_PEER] = { "SESSION-11", "data handed out are what the peer sent, in order" },
	[RULE_TO_PEER] = { "SESSION-12", "a peer receives what was given for its link, in order" },
	[RULE_OPEN] = { "SESSION-13", "data and CONNECT come for links that can have them" },
	[RULE_LENGTH] = { "SESSION-14", "no length claims more than the peer has sent" },
	[RULE_MQTT_ORDER] = { "SESSION-15", "what is said of an MQTT connection fits its state" },
	[RULE_MQTT_MESSAGE] = { "SESSION-16",
		"MQTT messages handed out were published, and come as their QoS says" },
};

bool monitor_rule(size_t index, const char **id, const char **text)
{
	if (index >= RULE_COUNT)
		return false;
	*id = rules[index].id;
	*text = rules[index].text;
	return true;
}
