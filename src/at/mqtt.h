/* SPDX-License-Identifier: MIT */
/* One MQTT message: as an observer received it, or as +MQTTSUBRECV printed it. */
#ifndef AT_MQTT_H
#define AT_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct message {
	int link; /* +MQTTSUBRECV: as printed; an observer's: -1 */
	const char *topic;
	const uint8_t *payload; /* len bytes, and a NUL behind them */
	size_t len;
	int qos; /* an observer's; of +MQTTSUBRECV nothing is known of these three */
	bool retain, duplicate;
	int64_t t_ns; /* +MQTTSUBRECV: of its last byte, in the run's time */
};

#endif
