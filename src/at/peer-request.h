/* SPDX-License-Identifier: MIT */
/* One request to the rig's peers: begun, filled, asked. */
#ifndef AT_PEER_REQUEST_H
#define AT_PEER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answer {
	bool may_be_refused; /* then it is no error when it is */
	bool refused;
	const uint8_t *bytes; /* behind the JSON; valid until the next request */
	size_t len;
};

/* Begins one about a peer (-1: about none). */
void request_begin(const char *what, int peer);
void request_member(const char *key, int64_t value);
void request_text(const char *key, const char *value);
/* `options` is JSON, or NULL or "" for none. */
void request_options(const char *options);
/* A member whose value is JSON. */
void request_json(const char *key, const char *json);
/* Asks; false when the outcome is filled. */
bool request_ask(const void *bytes, size_t len, int timeout_ms, struct answer *out);
/* Asks without bytes; what is no answer ends the case. */
struct answer request_finish(const char *file, int line);
/* A number in the last answer, by its path; 0: there is none. peer_told() has the texts. */
int64_t request_told(const char *path);

#endif
