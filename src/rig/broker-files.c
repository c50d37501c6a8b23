/* SPDX-License-Identifier: MIT */
/* A broker's folder: the configuration from the project's template, users and passwords made for
 * the run, and which ports it gets. */
#include "rig/broker-internal.h"

#include "base/cleanup.h"
#include "peers/peers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SALT = 12,
	HASH = 64,
	ROUNDS = 101,
	FILE_MAX = 65536,
	PASSWORD = 16,
	LONG = 64,
	LONGEST = 233
};

uint16_t broker_port(const struct broker *b, const char *kind)
{
	for (size_t i = 0; i < b->listener_count; i++)
		if (strcmp(b->listeners[i].kind, kind) == 0)
			return b->listeners[i].port;
	return 0;
}

/* ---- users ---- */

static void put_random(char *out, size_t len)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* 32 of them */
	unsigned char random[LONGEST];
	if (getrandom(random, len, 0) != (ssize_t)len)
		abort();
	for (size_t i = 0; i < len; i++)
		out[i] = letters[random[i] & 31];
	out[len] = '\0';
}

static void add_user(struct broker *b, const char *fact, const char *name, const char *password)
{
	struct broker_user *u = &b->users[b->user_count++];
	u->fact = fact;
	u->name = strdup(name);
	u->password = strdup(password);
	if (!u->name || !u->password)
		abort();
}

static void add_long(struct broker *b, const char *fact, size_t len)
{
	char name[LONGEST + 1];
	char password[LONGEST + 1];
	put_random(name, len);
	put_random(password, len);
	add_user(b, fact, name, password);
}

static void add_users(struct broker *b)
{
	char password[PASSWORD + 1];
	put_random(password, PASSWORD);
	add_user(b, "", "atconform", password);
	put_random(password, PASSWORD);
	add_user(b, "other_", "other", password);
	add_user(b, "example_", "espressif", "1234567890");
	add_long(b, "long_", LONG);
	add_long(b, "longest_", LONGEST);
	add_user(b, "odd_", "o,d\"d\\", "p,a\"s\\s");
	b->place->username = b->users[0].name;
	b->place->password = b->users[0].password;
}

/* As mosquitto_passwd writes it: PBKDF2 with SHA-512. */
static void put_user(FILE *f, const struct broker_user *u)
{
	unsigned char salt[SALT];
	unsigned char hash[HASH];
	unsigned char salt_text[SALT * 2];
	unsigned char hash_text[HASH * 2];
	if (getrandom(salt, SALT, 0) != SALT ||
		PKCS5_PBKDF2_HMAC(u->password, (int)strlen(u->password), salt, SALT, ROUNDS,
			EVP_sha512(), HASH, hash) != 1)
		abort();
	EVP_EncodeBlock(salt_text, salt, SALT);
	EVP_EncodeBlock(hash_text, hash, HASH);
	fprintf(f, "%s:$7$%d$%s$%s\n", u->name, ROUNDS, (char *)salt_text, (char *)hash_text);
}

/* ---- files ---- */

static FILE *create(const struct broker *b, const char *name)
{
	struct buf path AUTO_BUF = { 0 };
	buf_printf(&path, "%s/%s", b->dir, name);
	int fd = open(path.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static int read_template(const struct broker *b, const char *name, char **out, struct error *error)
{
	struct buf path AUTO_BUF = { 0 };
	buf_printf(&path, "%s/%s", b->lane->rig->plan->bench->broker.folder, name);
	FILE *f AUTO_FILE = fopen(path.data, "re");
	char *text = f ? malloc(FILE_MAX) : NULL;
	size_t n = text ? fread(text, 1, FILE_MAX - 1, f) : 0;
	if (!text || !n) {
		free(text);
		return error_set(error, NULL, 0, 0, "can't read %s: %s", path.data,
			f ? "it is empty" : strerror(errno));
	}
	text[n] = '\0';
	*out = text;
	return 0;
}

/* ---- ports ---- */

static bool bind_to(const char *address, uint16_t port, uint16_t *got, int *failure)
{
	int on = 1;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t len = sizeof(at);
	int fd AUTO_FD = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || inet_pton(AF_INET, address, &at.sin_addr) != 1)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	bool ok = bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 1) == 0 &&
		  getsockname(fd, (struct sockaddr *)&at, &len) == 0;
	*failure = ok ? 0 : errno;
	*got = ntohs(at.sin_port);
	return ok;
}

const char *broker_strays(const struct broker *b)
{
	uint16_t got;
	int failure = 0;
	const struct link_network *network = &b->lane->network;
	for (size_t i = 0; network->own && *network->other && i < b->listener_count; i++)
		if (!bind_to(network->other, b->listeners[i].port, &got, &failure) &&
			failure == EADDRINUSE)
			return b->listeners[i].kind;
	return NULL;
}

/* The port that belongs to this kind, or, when somebody has it, a free one. */
static int choose_port(
	struct broker *b, const char *kind, uint16_t wanted, uint16_t *out, struct error *error)
{
	int failure = 0;
	const char *address = b->lane->network.host;
	if (bind_to(address, wanted, out, &failure))
		return 0;
	char text[160];
	int first = failure;
	if (!bind_to(address, 0, out, &failure))
		return error_set(error, NULL, 0, 0, "the broker finds no port at %s: %s", address,
			strerror(failure));
	snprintf(text, sizeof(text), "%s port %u at %s: %s%s; it gets %u instead", kind, wanted,
		address, strerror(first), first == EADDRINUSE ? " (another broker?)" : "", *out);
	broker_tell(b, "port", text);
	return 0;
}

/* ---- the configuration ---- */

struct word {
	const char *name, *value;
};

static void put_word(struct buf *out, const char *name, size_t len, const struct word *words)
{
	for (const struct word *w = words; w->name; w++)
		if (strlen(w->name) == len && strncmp(w->name, name, len) == 0)
			buf_puts(out, w->value);
}

static void put_line(struct buf *out, const char *line, size_t len, const struct word *words)
{
	for (size_t i = 0; i < len; i++) {
		const char *end = line[i] == '{' ? memchr(line + i, '}', len - i) : NULL;
		if (!end) {
			buf_putc(out, line[i]);
			continue;
		}
		put_word(out, line + i + 1, (size_t)(end - line) - i - 1, words);
		i = (size_t)(end - line);
	}
	buf_putc(out, '\n');
}

/* A line that names a file which is not there: the bench has no such certificate. */
static bool lacks_file(const char *line)
{
	static const char *const keys[] = { "certfile ", "keyfile ", "cafile " };
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strncmp(line, keys[i], strlen(keys[i])) == 0)
			return access(line + strlen(keys[i]), R_OK) < 0;
	return false;
}

/* One section, or what stands before the first; *at is moved on to the next. */
static bool put_section(const char **at, struct buf *out, const struct word *words)
{
	bool ok = true;
	while (**at && **at != '[') {
		struct buf line AUTO_BUF = { 0 };
		size_t len = strcspn(*at, "\n");
		if (len && **at != '#') {
			put_line(&line, *at, len, words);
			buf_append(out, line.data, line.len);
			line.data[line.len - 1] = '\0';
			ok = ok && !lacks_file(line.data);
		}
		*at += len + ((*at)[len] == '\n');
	}
	return ok;
}

static int put_listener(
	struct broker *b, const char **at, FILE *f, struct word *words, struct error *error)
{
	struct broker_listener *l = &b->listeners[b->listener_count];
	struct buf section AUTO_BUF = { 0 };
	unsigned wanted = 0;
	uint16_t port = 0;
	char text[8];
	if (b->listener_count == BROKER_LISTENERS ||
		sscanf(*at, "[%23[a-z_] %u]", l->kind, &wanted) != 2 || wanted > 65535)
		return error_set(error, NULL, 0, 0, "the broker's template has a bad section");
	*at += strcspn(*at, "\n") + 1;
	const char *again = *at;
	words[0] = (struct word){ "port", "0" };
	if (!put_section(at, &section, words))
		return 0;
	if (choose_port(b, l->kind, (uint16_t)wanted, &port, error) < 0)
		return -1;
	l->port = port;
	b->ports[b->listener_count++] = port;
	snprintf(text, sizeof(text), "%u", port);
	words[0].value = text;
	buf_clear(&section);
	put_section(&again, &section, words);
	fwrite(section.data, 1, section.len, f);
	return 0;
}

static int write_configuration(struct broker *b, const char *template, struct error *error)
{
	FILE *f AUTO_FILE = create(b, "mosquitto.conf");
	const struct passwd *me = getpwuid(geteuid());
	const char *pki = b->lane->network.pki ? b->lane->network.pki : "/nonexistent";
	struct buf client_ca AUTO_BUF = { 0 };
	struct buf general AUTO_BUF = { 0 };
	buf_printf(&client_ca, "%s/client-ca.pem", pki);
	if (access(client_ca.data, R_OK) < 0) {
		buf_clear(&client_ca);
		buf_printf(&client_ca, "%s/ca.pem", pki);
	}
	struct word words[] = { { "port", "0" }, { "user", me ? me->pw_name : "root" },
		{ "dir", b->dir }, { "address", b->lane->network.host }, { "pki", pki },
		{ "client_ca", client_ca.data }, { NULL, NULL } };
	if (!f)
		return error_set(
			error, NULL, 0, 0, "can't write in %s: %s", b->dir, strerror(errno));
	put_section(&template, &general, words);
	fwrite(general.data, 1, general.len, f);
	b->listener_count = 0;
	memset(b->ports, 0, sizeof(b->ports));
	while (*template)
		if (put_listener(b, &template, f, words, error) < 0)
			return -1;
	return fflush(f) == 0 ? 0
			      : error_set(error, NULL, 0, 0, "can't write in %s: %s", b->dir,
					strerror(errno));
}

static int write_others(struct broker *b, const char *acl, struct error *error)
{
	FILE *passwords AUTO_FILE = create(b, "passwords");
	FILE *rights AUTO_FILE = create(b, "acl");
	if (!passwords || !rights)
		return error_set(
			error, NULL, 0, 0, "can't write in %s: %s", b->dir, strerror(errno));
	for (size_t i = 0; i < b->user_count; i++)
		put_user(passwords, &b->users[i]);
	fputs(acl, rights);
	return fflush(passwords) == 0 && fflush(rights) == 0
		       ? 0
		       : error_set(error, NULL, 0, 0, "can't write in %s: %s", b->dir,
				 strerror(errno));
}

int broker_files(struct broker *b, struct error *error)
{
	char *template AUTO_FREE = NULL;
	char *acl AUTO_FREE = NULL;
	struct buf dir AUTO_BUF = { 0 };
	if (!*b->lane->network.host)
		return error_set(
			error, NULL, 0, 0, "the bench names no host_address for the broker");
	if (!b->dir) {
		buf_printf(&dir, "%s/broker%d", b->lane->rig->dir, b->lane->index);
		if (mkdir(dir.data, 0700) < 0)
			return error_set(
				error, NULL, 0, 0, "can't make %s: %s", dir.data, strerror(errno));
		b->dir = buf_take(&dir);
		add_users(b);
	}
	if (read_template(b, "mosquitto.conf", &template, error) < 0 ||
		read_template(b, "acl", &acl, error) < 0 || write_others(b, acl, error) < 0)
		return -1;
	return write_configuration(b, template, error);
}
