/* SPDX-License-Identifier: MIT */
/* The bench file that doctor writes: what the present one says, with what was found put in. An
 * existing file is never touched. */
#include "cli/doctor.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The name under /dev/serial/by-id that leads to the port, or NULL. */
static char *lasting_name(const char *path)
{
	static const char folder[] = "/dev/serial/by-id";
	char *wanted AUTO_FREE = realpath(path, NULL);
	char *found = NULL;
	DIR *dir = opendir(folder);
	for (const struct dirent *e; dir && wanted && !found && (e = readdir(dir));) {
		struct buf name AUTO_BUF = { 0 };
		buf_printf(&name, "%s/%s", folder, e->d_name);
		char *real AUTO_FREE = realpath(name.data, NULL);
		if (real && strcmp(real, wanted) == 0)
			found = buf_take(&name);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void put_address(const struct doctor *d, const struct doctor_board *b, struct buf *out)
{
	if (!text_starts(b->iut.address, "serial:")) {
		buf_puts(out, b->iut.address);
		return;
	}
	char *lasting AUTO_FREE = lasting_name(b->path);
	buf_printf(out, "serial:%s", lasting ? lasting : b->path);
	/* The file's own "uart" has the rate of the first. */
	if (b->survey.baud != d->boards[0].survey.baud)
		buf_printf(out, "?baud=%lld", (long long)b->survey.baud);
}

/* What the present file says of this board besides. */
static json_t *known_of(const json_t *root, const struct doctor_board *b)
{
	size_t i;
	const json_t *iut;
	json_array_foreach (json_object_get(root, "iuts"), i, iut) {
		const char *address = json_string_value(json_object_get(iut, "address"));
		if (address && strcmp(address, b->iut.address) == 0)
			return json_deep_copy(iut);
	}
	return json_object();
}

static json_t *iut_of(const struct doctor *d, const json_t *root, const struct doctor_board *b)
{
	struct buf address AUTO_BUF = { 0 };
	char id[160] = "";
	bool made = text_starts(b->iut.address, "virtual:") || text_starts(b->iut.address, "exec:");
	put_address(d, b, &address);
	if (made)
		return json_string(address.data);
	json_t *iut = known_of(root, b);
	json_object_set_new(iut, "address", json_string(address.data));
	json_object_del(iut, "adapter");
	json_object_del(iut, "mac");
	if (b->has_adapter)
		adapter_id(&b->adapter, id, sizeof(id));
	/* A number that is no UTF-8 can't be written: the ids then do. */
	if (*id && json_object_set_new(iut, "adapter", json_string(id)) < 0) {
		id[9] = '\0';
		json_object_set_new(iut, "adapter", json_string(id));
	}
	if (*b->survey.mac)
		json_object_set_new(iut, "mac", json_string(b->survey.mac));
	if (b->survey.reset == SURVEY_OK && !json_object_get(root, "reset") &&
		!json_object_get(iut, "reset"))
		json_object_set_new(iut, "reset", json_pack("{s:s}", "lines", "esp"));
	return iut;
}

/* Those of the present file, and what the lines carry besides. A bench that nobody has named says
 * nothing about this line. */
static json_t *facilities_of(const struct doctor *d, const json_t *root)
{
	json_t *list = json_deep_copy(json_object_get(root, "facilities"));
	bool programs = true;
	if (!list)
		list = json_array();
	bool named = d->options.bench || d->bench.rig.air;
	if (!named)
		json_array_clear(list);
	for (size_t i = 0; d->carried[i]; i++)
		if (!named || !bench_has(&d->bench, d->carried[i]))
			json_array_append_new(list, json_string(d->carried[i]));
	for (int i = 0; i < d->board_count; i++)
		programs &= text_starts(d->boards[i].iut.address, "exec:");
	if (programs && !(named && bench_has(&d->bench, "power")))
		json_array_append_new(list, json_string("power"));
	return list;
}

static json_t *title_of(const struct doctor *d)
{
	const struct doctor_board *b = &d->boards[0];
	const char *version = b->survey.identity.lines[0];
	struct buf text AUTO_BUF = { 0 };
	char day[16];
	struct tm utc;
	time_t now = time(NULL);
	strftime(day, sizeof(day), "%Y-%m-%d", gmtime_r(&now, &utc));
	buf_printf(&text, "Written by atconform doctor on %s", day);
	if (version)
		buf_printf(&text, " for %s", doctor_text(version, 80));
	if (b->has_adapter && *b->adapter.product)
		buf_printf(&text, " on %s", doctor_text(b->adapter.product, 60));
	if (d->cases.unequipped)
		buf_printf(&text,
			"; %zu of %zu cases want more: network, power and facilities are in "
			"atconform-bench(5)",
			d->cases.unequipped, d->cases.planned);
	return json_string(text.data);
}

/* "desk" of "benches/desk.json". */
static json_t *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = doctor_text(slash ? slash + 1 : path, 60);
	size_t len = strlen(name);
	if (text_ends(name, ".json") && len > 5)
		len -= 5;
	struct buf text AUTO_BUF = { 0 };
	buf_append(&text, name, len);
	return json_string(text.data);
}

static void set_network(const struct doctor *d, json_t *root)
{
	const struct survey_network *n = &d->boards[0].survey.network;
	json_t *network = json_object_get(root, "network");
	if (network && n->reach == SURVEY_OK && !json_object_get(network, "host_address") &&
		!d->boards[0].own.own)
		json_object_set_new(network, "host_address", json_string(n->host));
	/* A folder beside the old file is not beside the new one. */
	char *pki AUTO_FREE = d->bench.rig.pki ? realpath(d->bench.rig.pki, NULL) : NULL;
	if (pki && json_object_get(network, "pki"))
		json_object_set_new(network, "pki", json_string(pki));
}

static json_t *make(const struct doctor *d, const char *path)
{
	json_t *root = json_load_file(d->bench.rig.file, 0, NULL);
	json_t *out = json_object();
	json_t *iuts = json_array();
	const char *profile = d->boards[0].profile;
	const struct survey *s = &d->boards[0].survey;
	json_object_set_new(out, "bench", name_of(path));
	json_object_set_new(out, "title", title_of(d));
	for (int i = 0; i < d->board_count; i++)
		json_array_append_new(iuts, iut_of(d, root, &d->boards[i]));
	json_object_set_new(out, "iuts", iuts);
	if (*profile)
		json_object_set_new(out, "profile", json_string(profile));
	json_object_set_new(out, "facilities", facilities_of(d, root));
	json_object_update_missing(out, root);
	json_decref(root);
	json_t *uart = json_object_get(out, "uart");
	if (!uart) {
		uart = json_object();
		json_object_set_new(out, "uart", uart);
	}
	if (s->can_rate)
		json_object_set_new(uart, "baud", json_integer(s->baud));
	set_network(d, out);
	return out;
}

int doctor_can_write(const char *path)
{
	int fd AUTO_FD = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	unlink(path);
	return 0;
}

static int write_new(const char *path, const json_t *root)
{
	/* There may be passwords in it. */
	int mode = json_object_get(root, "network") ? 0600 : 0666;
	char *text AUTO_FREE = json_dumps(root, JSON_INDENT(2));
	int fd AUTO_FD = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	size_t len = text ? strlen(text) : 0;
	if (!text || write(fd, text, len) != (ssize_t)len || write(fd, "\n", 1) != 1) {
		int failure = errno;
		unlink(path);
		return -failure;
	}
	return 0;
}

void doctor_write(struct doctor *d)
{
	const char *path = d->options.out ? d->options.out : DOCTOR_USUAL_FILE;
	if (!d->options.out && d->options.bench)
		return;
	for (int i = 0; i < d->board_count; i++)
		if (!d->boards[i].usable) {
			doctor_say(d, DOCTOR_UNTRIED, "bench file",
				"not written: there is no board that could be used");
			return;
		}
	json_t *root = make(d, path);
	int failure = write_new(path, root);
	json_decref(root);
	if (failure == -EEXIST) {
		doctor_say(d, DOCTOR_UNTRIED, "bench file",
			"%s exists, and is left alone: --out names another",
			doctor_text(path, 200));
	} else if (failure < 0) {
		doctor_say(d, DOCTOR_WRONG, "bench file", "%s can't be written: %s",
			doctor_text(path, 200), strerror(-failure));
	} else {
		d->file = strdup(path);
		doctor_say(d, DOCTOR_OK, "bench file", "%s written, to start from",
			doctor_text(path, 200));
	}
}
