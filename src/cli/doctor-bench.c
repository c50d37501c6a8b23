/* SPDX-License-Identifier: MIT */
/* What the bench has besides the module: broker, certificates, clock; and how many cases would be
 * unequipped for want of what. */
#include "cli/doctor.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "peers/peers.h"
#include "rig/broker-team.h"
#include "rig/nvs.h"
#include "rig/tempdir.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

/* ---- broker and certificates ---- */

static void say_broker(struct doctor *d)
{
	const struct rig_broker *b = &d->bench.rig.broker;
	struct error error = { 0 };
	if (b->host && broker_team_answers(b, &error) == 0)
		doctor_say(d, DOCTOR_OK, "broker", "the one at %s:%d answers", b->host, b->port);
	else if (b->host)
		doctor_say(d, DOCTOR_UNUSABLE, "broker", "%s", error.text);
	else if (b->program)
		doctor_say(d, DOCTOR_OK, "broker", "%s, started by a run", b->program);
	else if (b->missing)
		doctor_say(d, DOCTOR_MISSING, "broker", "%s", b->missing);
	else
		doctor_say(d, DOCTOR_MISSING, "broker",
			"a run starts one where the module can reach it: the bench has no "
			"\"host_address\"");
}

/* Those of a virtual line are made for the run. */
static void say_made_certificates(struct doctor *d)
{
	struct error error = { 0 };
	static const char *const addresses[] = { "127.0.0.1", NULL };
	char *dir = tempdir_create(&error);
	if (dir && peers_pki(dir, addresses, &error) == 0)
		doctor_say(d, DOCTOR_OK, "certificates", "can be made");
	else
		doctor_say(d, DOCTOR_UNUSABLE, "certificates", "%s", error_text(&error));
	tempdir_remove(dir);
}

static void say_certificates(struct doctor *d)
{
	struct error error = { 0 };
	const char *pki = d->bench.rig.pki;
	if (!pki && d->bench.rig.air)
		say_made_certificates(d);
	else if (!pki)
		doctor_say(d, DOCTOR_MISSING, "certificates",
			"none that the module trusts: put their folder into \"network\": "
			"{\"pki\": ...}");
	else if (peers_check_pki(pki, &error) == 0)
		doctor_say(d, DOCTOR_OK, "certificates", "%s, in date", doctor_text(pki, 200));
	else
		doctor_say(d, DOCTOR_UNUSABLE, "certificates", "%s", error_text(&error));
}

/* ---- the machine ---- */

/* A virtual line brings its own. */
static bool has_outer_line(const struct doctor *d)
{
	bool outer = false;
	for (int i = 0; i < d->board_count; i++) {
		struct link_network own = { 0 };
		outer |= !link_network(d->boards[i].iut.address, i, &own);
	}
	return outer;
}

/* Peers listen there: a run refuses any that is not this machine's. */
static void say_addresses(struct doctor *d)
{
	static const struct {
		const char *key, *name;
	} all[] = { { "host_address", "host address" }, { "other_address", "other address" } };
	const char *text = d->bench.rig.network;
	json_t *network = text && has_outer_line(d) ? json_loads(text, 0, NULL) : NULL;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct error why = { 0 };
		const char *address = json_string_value(json_object_get(network, all[i].key));
		if (address && *address && peers_check_address(address, &why) < 0)
			doctor_say(d, DOCTOR_UNUSABLE, all[i].name, "network.%s: %s", all[i].key,
				error_text(&why));
	}
	json_decref(network);
}

static void put_day(time_t when, char out[32])
{
	struct tm utc;
	strftime(out, 32, "%Y-%m-%d %H:%M UTC", gmtime_r(&when, &utc));
}

/* Nothing happens before the program was built. */
static void say_clock(struct doctor *d)
{
	struct stat st = { 0 };
	char day[32], built[32];
	time_t now = time(NULL);
	bool known = stat("/proc/self/exe", &st) == 0;
	put_day(now, day);
	put_day(st.st_mtime, built);
	if (known && now < st.st_mtime)
		doctor_say(d, DOCTOR_WRONG, "clock",
			"it says %s, before this program was built (%s): set it, or certificates "
			"are refused and the reports' times are wrong",
			day, built);
	else
		doctor_say(d, DOCTOR_OK, "clock", "%s", day);
}

/* A run locks its journal where it writes it. */
static void say_locks(struct doctor *d)
{
	int fd AUTO_FD = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int failure = errno;
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		doctor_say(d, DOCTOR_OK, "folder", "files can be made and locked here");
	else if (fd >= 0)
		doctor_say(d, DOCTOR_UNUSABLE, "folder",
			"files can't be locked here (%s): run in another folder, or name one with "
			"--out",
			strerror(errno));
	else if (failure == EOPNOTSUPP || failure == EISDIR)
		doctor_say(d, DOCTOR_UNTRIED, "folder",
			"whether files can be locked here: this file system can't tell");
	else
		doctor_say(d, DOCTOR_WRONG, "folder",
			"no file can be made here (%s): reports need --out with another folder",
			strerror(failure));
}

void doctor_machine(struct doctor *d)
{
	say_addresses(d);
	say_broker(d);
	say_certificates(d);
	say_clock(d);
	say_locks(d);
}

/* ---- cases ---- */

/* By the beginning of a facility's name; the first that fits. */
static const struct hint {
	const char *prefix, *text;
} hints[] = {
	{ "power", "a switch in the module's supply: \"power\": {\"command\": [...]}, and the "
		   "facility \"power\"" },
	{ "peers", "the tester's own address in the access point's network: \"network\": "
		   "{\"host_address\": ...}" },
	{ "host_address", "\"network\": {\"host_address\": ...}" },
	{ "module_address", "\"network\": {\"module_address\": ...}" },
	{ "other_address", "a second address of this machine: \"network\": {\"other_address\": "
			   "...}" },
	{ "access_point", "\"network\": {\"access_point\": {\"ssid\": ..., \"password\": ...}}" },
	{ "open_access_point", "an access point without encryption, in \"network\"" },
	{ "twin_access_point", "two access points of one name, in \"network\"" },
	{ "hidden_access_point", "an access point that does not tell its name, in \"network\"" },
	{ "enterprise_access_point", "an access point with WPA2-Enterprise, in \"network\"" },
	{ "untrusted_access_point", "one whose certificate the module can't know, in \"network\"" },
	{ "broker", "mosquitto on the PATH and a \"host_address\", or --broker URL" },
	{ "tls", "certificates that the module trusts: \"network\": {\"pki\": ...}" },
	{ "wrong_certificates", "the expired and the wrong ones in the \"pki\" folder, and the "
				"facility \"wrong_certificates\"" },
	{ "low_ports", "the right to listen below port 1024, and the facility \"low_ports\"" },
	{ "second_image", "another firmware to roll back to, and the facility \"second_image\"" },
	{ "wakeup",
		"a wire that lets deep sleep end (GPIO16 to RST), and the facility \"wakeup\"" },
	{ "softap_client", "a station that joins \"atconform-softap\", and the facility "
			   "\"softap_client\"" },
	{ "phone", "a phone that sends SmartConfig, and the facility \"phone\"" },
	{ "wps_button", "something that presses the access point's button, and the facility "
			"\"wps_button\"" },
	{ "air", "on the virtual module only" },
	{ "control", "on the virtual module only" },
	{ "update", "on the virtual module only" },
	{ "flow_control:", "RTS and CTS wired to the module, and the facility" },
	{ "baudrate:", "list those that adapter and wiring carry" },
	{ "databits:", "list those that adapter and wiring carry" },
	{ "stopbits:", "list those that adapter and wiring carry" },
	{ "parity:", "list those that adapter and wiring carry" },
};
enum { HINT_COUNT = sizeof(hints) / sizeof(hints[0]) };

/* A case counts once for each of them that it wants. */
struct want {
	const char *facility;
	size_t cases;
};

enum { WANTS_MAX = 128 };

struct wants {
	struct want all[WANTS_MAX];
	size_t count;
};

static void count_want(struct wants *w, const char *facility)
{
	size_t i = 0;
	while (i < w->count && strcmp(w->all[i].facility, facility) != 0)
		i++;
	if (i == WANTS_MAX)
		return;
	if (i == w->count)
		w->all[w->count++] = (struct want){ .facility = facility };
	w->all[i].cases++;
}

static void count_case(struct doctor *d, struct wants *w, const struct rig_case *c)
{
	bool equipped = true;
	if (*c->command && profile_absent(&d->profile, c->command)) {
		d->cases.absent++;
		return;
	}
	for (size_t i = 0; c->needs[i]; i++)
		if (!bench_has(&d->bench, c->needs[i])) {
			equipped = false;
			count_want(w, c->needs[i]);
		}
	if (!equipped)
		d->cases.unequipped++;
	else if (suite_tagged(c, "destructive") && !d->bench.destructive)
		d->cases.destructive++;
	else if (d->bench.rig.nvs_capped && !d->bench.rig.max_nvs_writes && nvs_is_writer(c->tags))
		d->cases.capped++;
	else
		d->cases.run++;
}

static bool fits(const struct hint *hint, const char *facility)
{
	if (text_ends(hint->prefix, ":") || strcmp(hint->prefix, "broker") == 0)
		return text_starts(facility, hint->prefix);
	return strcmp(facility, hint->prefix) == 0;
}

static const struct hint *hint_of(const char *facility)
{
	for (size_t i = 0; i < HINT_COUNT; i++)
		if (fits(&hints[i], facility))
			return &hints[i];
	return NULL;
}

/* One line for all of a kind: "12 want baudrate:460800 (2), baudrate:921600 (3): …" */
static void say_kind(struct doctor *d, struct wants *w, size_t first)
{
	const struct hint *hint = hint_of(w->all[first].facility);
	struct buf names AUTO_BUF = { 0 };
	size_t cases = 0;
	for (size_t i = first; i < w->count; i++) {
		struct want *want = &w->all[i];
		if (!want->cases || (i != first && (!hint || hint_of(want->facility) != hint)))
			continue;
		buf_printf(
			&names, "%s%s (%zu)", names.len ? ", " : "", want->facility, want->cases);
		cases += want->cases;
		want->cases = 0;
	}
	if (cases)
		doctor_say(d, DOCTOR_MISSING, "facility", "%s: %s", names.data,
			hint ? hint->text : "list it among the facilities when it is there");
}

static int by_cases(const void *a, const void *b)
{
	const struct want *x = a;
	const struct want *y = b;
	return x->cases != y->cases ? (x->cases < y->cases) - (x->cases > y->cases)
				    : strcmp(x->facility, y->facility);
}

/* What the bench says that it has, against what the plan wants of it. */
int doctor_count_cases(struct doctor *d, struct error *error)
{
	struct wants wants = { 0 };
	if (suite_load(&d->suite, d->suite_program, d->dirs.items, error) < 0)
		return -1;
	d->cases = (struct doctor_cases){ .planned = d->suite.count };
	for (size_t i = 0; i < d->suite.count; i++)
		count_case(d, &wants, &d->suite.cases[i]);
	qsort(wants.all, wants.count, sizeof(*wants.all), by_cases);
	for (size_t i = 0; i < wants.count; i++) {
		buf_puts(&d->unequipped, i ? "," : "");
		buf_json_text(&d->unequipped, wants.all[i].facility);
		buf_printf(&d->unequipped, ":%zu", wants.all[i].cases);
	}
	struct buf capped AUTO_BUF = { 0 };
	if (d->cases.capped)
		buf_printf(&capped, ", %zu write to flash, and \"max_nvs_writes\" is 0",
			d->cases.capped);
	doctor_say(d, d->cases.unequipped ? DOCTOR_MISSING : DOCTOR_OK, "cases",
		"%zu of %zu would run; %zu need what the bench does not have, %zu are about "
		"commands that the profile %s does not claim, %zu are destructive and need "
		"--allow destructive%s",
		d->cases.run, d->cases.planned, d->cases.unequipped, d->cases.absent,
		d->profile.name, d->cases.destructive, buf_text(&capped));
	for (size_t i = 0; i < wants.count; i++)
		say_kind(d, &wants, i);
	return 0;
}
