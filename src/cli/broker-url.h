/* SPDX-License-Identifier: MIT */
/* Broker URLs: mqtt://user:password@host:port, mqtts:, ws: and wss: with a path. */
#ifndef CLI_BROKER_URL_H
#define CLI_BROKER_URL_H

#include "base/error.h"

#include <jansson.h>

/* Adds what the URL says to the facts of a broker ("host", "port", "tls_port", "ws_port",
 * "wss_port", "path", "username", "password"). 0, or -1 with *error, which never has the password.
 */
int broker_url_add(json_t *facts, const char *url, struct error *error);

#endif
