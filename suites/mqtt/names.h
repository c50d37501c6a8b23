/* SPDX-License-Identifier: MIT */
/* The steps of AT+MQTTCLIENTID, AT+MQTTUSERNAME and AT+MQTTPASSWORD, which differ only in what of
 * CONNECT they set. */
#ifndef SUITES_MQTT_NAMES_H
#define SUITES_MQTT_NAMES_H

#include "script.h"

struct name {
	const char *command; /* "AT+MQTTCLIENTID" */
	size_t place;        /* in struct connect */
};

#define NAME(command_, member_) ((struct name){ command_, offsetof(struct connect, member_) })

/* A broker of the tester gets what was set last. */
void name_replaces(struct name n);
void name_counts_last(struct name n);
void name_leaves_the_others(struct name n);
void name_is_unescaped(struct name n);
/* Of 255 bytes with CR LF the command is taken, of 257 without it is not. */
void name_may_be_long(struct name n);
void name_is_not_too_long(struct name n);
/* Refused values leave what was set before. */
void name_stays_when_refused(struct name n);
void name_needs_a_configuration(struct name n);
void name_is_cleaned(struct name n);
void name_stays_while_connected(struct name n);

#endif
