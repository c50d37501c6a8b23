/* SPDX-License-Identifier: MIT */
/* The rules that the monitor judges by. Private to src/monitor. */
#ifndef MONITOR_RULES_H
#define MONITOR_RULES_H

enum rule {
	RULE_ONE_FINAL,
	RULE_NO_COMMAND,
	RULE_KNOWN_LINE,
	RULE_RESTART,
	RULE_ECHO,
	RULE_PROMPT,
	RULE_PAYLOAD,
	RULE_LINE_END,
	RULE_PREFIX,
	RULE_CLOSED,
	RULE_FROM_PEER,
	RULE_TO_PEER,
	RULE_OPEN,
	RULE_LENGTH,
	RULE_MQTT_ORDER,
	RULE_MQTT_MESSAGE,
	RULE_COUNT,
};

struct rule_text {
	const char *id, *text;
};
extern const struct rule_text rules[RULE_COUNT];

#endif
