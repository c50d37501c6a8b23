/* SPDX-License-Identifier: MIT */
#include "cli/broker.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/broker-url.h"
#include "cli/paths.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM_ENV "ATCONFORM_MOSQUITTO"

enum { FACILITIES_MAX = 16, SECRETS_MAX = 8, SECRET_MIN = 4 };

struct memory {
	json_t *network; /* with the team's broker in it */
	char *facts, *program, *folder;
	char missing[300];
	const char **facilities;
	char *secrets[SECRETS_MAX + 1];
	size_t secret_count;
};

struct choice {
	struct memory *memory;
	struct bench *bench;
	struct error *error;
};

static void add_facility(const struct choice *c, const char *name)
{
	size_t n = 0;
	while (c->memory->facilities[n])
		n++;
	c->memory->facilities[n] = name;
}

static void copy_facilities(const struct choice *c)
{
	const char *const *have = c->bench->rig.facilities;
	size_t n = 0;
	while (have && have[n])
		n++;
	c->memory->facilities = calloc(n + FACILITIES_MAX + 1, sizeof(char *));
	if (!c->memory->facilities)
		abort();
	for (size_t i = 0; i < n; i++)
		c->memory->facilities[i] = have[i];
	c->bench->rig.facilities = c->memory->facilities;
}

/* ---- the rig's own ---- */

static char *find_in(const char *dirs, const char *name)
{
	while (dirs && *dirs) {
		struct buf path AUTO_BUF = { 0 };
		size_t len = strcspn(dirs, ":");
		buf_printf(&path, "%.*s/%s", (int)len, dirs, name);
		if (len && access(path.data, X_OK) == 0)
			return buf_take(&path);
		dirs += len + (dirs[len] == ':');
	}
	return NULL;
}

static void no_program(const struct choice *c)
{
	const char *given = getenv(PROGRAM_ENV);
	char *elsewhere AUTO_FREE =
		find_in("/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin", "mosquitto");
	if (given && *given)
		snprintf(c->memory->missing, sizeof(c->memory->missing),
			"no broker: " PROGRAM_ENV " names %.150s, which can't be run", given);
	else
		snprintf(c->memory->missing, sizeof(c->memory->missing),
			"no broker: there is no mosquitto on the PATH%s%s%s",
			elsewhere ? " (it is " : "", elsewhere ? elsewhere : "",
			elsewhere ? ": put its folder on the PATH)"
				  : "; install mosquitto, or name a broker with --broker URL");
	c->bench->rig.broker.missing = c->memory->missing;
}

static bool has_file(const struct bench *bench, const char *name)
{
	struct buf path AUTO_BUF = { 0 };
	if (!bench->rig.pki)
		return bench->rig.air; /* the virtual module's are made for the run */
	buf_printf(&path, "%s/%s", bench->rig.pki, name);
	return access(path.data, R_OK) == 0;
}

static int choose_own(const struct choice *c)
{
	const char *given = getenv(PROGRAM_ENV);
	struct rig_broker *broker = &c->bench->rig.broker;
	/* Nowhere to bind it: the module can't reach the tester at all. */
	if (!bench_has(c->bench, "peers"))
		return 0;
	if (given && *given)
		c->memory->program = access(given, X_OK) == 0 ? strdup(given) : NULL;
	else
		c->memory->program = find_in(getenv("PATH"), "mosquitto");
	c->memory->folder = paths_data("fixtures/mosquitto");
	if (!c->memory->program) {
		no_program(c);
		return 0;
	}
	if (!c->memory->folder)
		return error_set(c->error, NULL, 0, 0,
			"the folder fixtures/mosquitto is not beside the other data; install it");
	broker->program = c->memory->program;
	broker->folder = c->memory->folder;
	static const char *const plain[] = { "broker", "broker_ws", "broker_users",
		"broker_control", "broker_log" };
	static const char *const tls[] = { "broker_tls", "broker_tls_client", "broker_wss",
		"broker_wss_client" };
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		add_facility(c, plain[i]);
	for (size_t i = 0; bench_has(c->bench, "tls") && i < sizeof(tls) / sizeof(tls[0]); i++)
		add_facility(c, tls[i]);
	if (has_file(c->bench, "other-server.key") && has_file(c->bench, "expired.key"))
		add_facility(c, "broker_other");
	return 0;
}

/* ---- the team's ---- */

/* The virtual module knows no names and reaches nothing but this machine. */
static int resolve(const struct choice *c, json_t *facts)
{
	const char *host = json_string_value(json_object_get(facts, "host"));
	const char *iut = c->bench->rig.iuts ? c->bench->rig.iuts[0].address : NULL;
	struct addrinfo *found = NULL;
	const struct addrinfo want = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	char text[INET_ADDRSTRLEN];
	if (!iut || !text_starts(iut, "virtual:"))
		return 0;
	if (getaddrinfo(host, NULL, &want, &found) != 0 || !found)
		return error_set(c->error, NULL, 0, 0, "the broker's host %s has no address", host);
	const struct sockaddr_in *in = (const void *)found->ai_addr;
	inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
	freeaddrinfo(found);
	if (!text_starts(text, "127."))
		return error_set(c->error, NULL, 0, 0,
			"the virtual module reaches only this machine: a broker at %s is for "
			"modules "
			"on real lines",
			host);
	json_object_set_new(facts, "host", json_string(text));
	return 0;
}

static int add_secret(const struct choice *c, const json_t *facts, const char *key)
{
	const char *text = json_string_value(json_object_get(facts, key));
	struct memory *m = c->memory;
	if (!text || !*text)
		return 0;
	if (strlen(text) < SECRET_MIN)
		return error_set(c->error, NULL, 0, 0,
			"the broker's %s has fewer than %d bytes: too few to be masked in the "
			"records "
			"of a run",
			key, SECRET_MIN);
	m->secrets[m->secret_count++] = strdup(text);
	return 0;
}

static int take_facts(const struct choice *c, json_t *facts)
{
	static const struct {
		const char *fact, *facility;
	} all[] = { { "port", "broker" }, { "tls_port", "broker_tls" },
		{ "tls_client_port", "broker_tls_client" }, { "ws_port", "broker_ws" },
		{ "wss_port", "broker_wss" }, { "wss_client_port", "broker_wss_client" },
		{ "other_username", "broker_users" } };
	struct rig_broker *broker = &c->bench->rig.broker;
	size_t ports = 0;
	if (resolve(c, facts) < 0 || add_secret(c, facts, "password") < 0 ||
		add_secret(c, facts, "other_password") < 0)
		return -1;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const json_t *value = json_object_get(facts, all[i].fact);
		if (!value)
			continue;
		add_facility(c, all[i].facility);
		if (json_is_integer(value))
			broker->ports[ports++] = (int)json_integer_value(value);
	}
	const json_t *plain = json_object_get(facts, "port");
	const json_t *tls = json_object_get(facts, "tls_port");
	broker->host = json_string_value(json_object_get(facts, "host"));
	broker->port = (int)json_integer_value(plain ? plain : tls);
	broker->tls = !plain;
	broker->ca = json_string_value(json_object_get(facts, "ca"));
	broker->username = json_string_value(json_object_get(facts, "username"));
	broker->password = json_string_value(json_object_get(facts, "password"));
	broker->secrets = (const char *const *)c->memory->secrets;
	if (!plain && !tls)
		return error_set(c->error, NULL, 0, 0,
			"the broker needs a listener for plain MQTT or MQTT over TLS too (mqtt:// "
			"or "
			"mqtts://): the tester's own client has no WebSocket");
	return 0;
}

static json_t *network_of(const struct bench *bench)
{
	json_t *network = bench->rig.network ? json_loads(bench->rig.network, 0, NULL) : NULL;
	return network ? network : json_object();
}

static int choose_team(const struct choice *c, const struct words *urls)
{
	json_t *facts = json_object_get(c->memory->network, "broker");
	if (urls->count) {
		facts = json_object();
		json_object_set_new(c->memory->network, "broker", facts);
	}
	for (size_t i = 0; i < urls->count; i++)
		if (broker_url_add(facts, urls->items[i], c->error) < 0)
			return -1;
	if (take_facts(c, facts) < 0)
		return -1;
	c->memory->facts = json_dumps(c->memory->network, JSON_COMPACT);
	c->bench->rig.network = c->memory->facts;
	return c->memory->facts ? 0 : error_set(c->error, NULL, 0, 0, "out of memory");
}

int broker_choose(struct broker_choice *out, struct bench *bench, const struct words *urls,
	struct error *error)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	const struct choice c = { memory, bench, error };
	if (!memory)
		abort();
	out->memory = memory;
	memory->network = network_of(bench);
	copy_facilities(&c);
	bool team = urls->count || json_object_get(memory->network, "broker");
	return team ? choose_team(&c, urls) : choose_own(&c);
}

void broker_choice_finish(struct broker_choice *choice)
{
	struct memory *memory = choice->memory;
	if (!memory)
		return;
	json_decref(memory->network);
	free(memory->facts);
	free(memory->program);
	free(memory->folder);
	free(memory->facilities);
	for (size_t i = 0; i < memory->secret_count; i++)
		free(memory->secrets[i]);
	free(memory);
	choice->memory = NULL;
}

const char *broker_missing(const struct bench *bench, const char *facility)
{
	bool broker = strcmp(facility, "broker") == 0 || text_starts(facility, "broker_");
	return broker ? bench->rig.broker.missing : NULL;
}

void broker_mask(char *url)
{
	static const char stars[] = "***";
	char *rest = strstr(url, "://");
	rest = rest ? rest + 3 : url;
	char *at = memrchr(rest, '@', strcspn(rest, "/"));
	char *colon = at ? memchr(rest, ':', (size_t)(at - rest)) : NULL;
	if (!colon)
		return;
	size_t room = (size_t)(at - colon) - 1;
	size_t len = room < 3 ? room : 3;
	size_t left = strlen(at);
	memcpy(colon + 1, stars, len);
	memmove(colon + 1 + len, at, left);
	memset(colon + 1 + len + left, '\0', room - len);
}
