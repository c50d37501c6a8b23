/* SPDX-License-Identifier: MIT */
/* A port before it is opened: is it there, what is it, may we, and does somebody else have it. */
#include "cli/doctor.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "rig/busy.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PORTS_MAX = 64 };

/* "10c4:ea60:0001 CP2102 USB to UART (Silicon Labs), driver cp210x, at 1-2:1.0" */
static void describe(const struct adapter *a, struct buf *out)
{
	char id[160];
	adapter_id(a, id, sizeof(id));
	buf_puts(out, *id ? doctor_text(id, 60) : "on board, not on USB");
	if (*id && *a->product)
		buf_printf(out, " %s", doctor_text(a->product, 60));
	if (*a->maker)
		buf_printf(out, " (%s)", doctor_text(a->maker, 40));
	if (*a->driver)
		buf_printf(out, ", driver %s", doctor_text(a->driver, 40));
	if (*a->location)
		buf_printf(out, ", at %s", doctor_text(a->location, 40));
}

static const struct {
	const char *scheme, *text;
} others[] = {
	{ "virtual:", "the virtual module, started for this" },
	{ "exec:", "a program on a pseudo-terminal, started for this" },
	{ "tcp:", "a bridge: what is behind it is known by its answers only" },
	{ "rfc2217:", "a bridge that sets the rate and the modem lines at its other end" },
};

/* Serial ports and PTYs have a path; of other lines one word is said. */
static bool has_path(struct doctor *d, struct doctor_board *board)
{
	const char *address = board->iut.address;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (text_starts(address, others[i].scheme)) {
			doctor_say(d, DOCTOR_OK, "port", "%s", others[i].text);
			return false;
		}
	bool serial = text_starts(address, "serial:");
	const char *path = strchr(address, ':');
	path = path ? path + 1 : address;
	snprintf(board->path, sizeof(board->path), "%.*s",
		(int)(serial ? strcspn(path, "?") : strlen(path)), path);
	return true;
}

static bool not_there(struct doctor *d, const struct doctor_board *board, int failure)
{
	struct adapter list[PORTS_MAX];
	struct buf names AUTO_BUF = { 0 };
	size_t count = adapter_list(list, PORTS_MAX);
	enum { SHOWN = 4 };
	for (size_t i = 0; i < count && i < SHOWN; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", doctor_text(list[i].path, 60));
	doctor_say(d, DOCTOR_UNUSABLE, "port", "%s: %s; %s%s%s", doctor_text(board->path, 200),
		strerror(failure),
		count ? "there are " : "there is no serial port: is the board plugged in?",
		buf_text(&names), count > SHOWN ? ", ... (`atconform doctor` lists all)" : "");
	return false;
}

/* A link that says which board it is outlives the port's number. */
static void say_port(struct doctor *d, const struct doctor_board *board)
{
	char *real AUTO_FREE = realpath(board->path, NULL);
	const char *path = doctor_text(board->path, 200);
	if (real && strcmp(real, board->path) != 0)
		doctor_say(d, DOCTOR_OK, "port", "%s, now %s", path, doctor_text(real, 100));
	else
		doctor_say(d, DOCTOR_OK, "port", "%s", path);
}

/* Another board than the bench's is looked at all the same: it may get a file of its own. */
static void say_adapter(struct doctor *d, struct doctor_board *board)
{
	struct buf text AUTO_BUF = { 0 };
	struct error error = { 0 };
	board->has_adapter = adapter_of(board->path, &board->adapter) == 0;
	if (!board->has_adapter) {
		doctor_say(d, DOCTOR_OK, "adapter", "none that this machine knows of: a PTY");
		return;
	}
	describe(&board->adapter, &text);
	doctor_say(d, DOCTOR_OK, "adapter", "%s", buf_text(&text));
	if (board_check_adapter(board->iut.address, board->iut.adapter, &error) < 0)
		doctor_say(d, DOCTOR_FOREIGN, "board", "%s", error.text);
}

/* Which of the user's rights opens it. */
static bool say_rights(struct doctor *d, const struct doctor_board *board)
{
	struct stat st = { 0 };
	struct error error = { 0 };
	stat(board->path, &st);
	const struct group *group = getgrgid(st.st_gid);
	if (access(board->path, R_OK | W_OK) < 0) {
		busy_explain(board->path, errno, &error);
		doctor_say(d, DOCTOR_UNUSABLE, "rights", "%s", error.text);
		return false;
	}
	if (geteuid() == 0)
		doctor_say(d, DOCTOR_OK, "rights",
			"read and write, as root; for others its group is %s",
			group ? group->gr_name : "unknown");
	else
		doctor_say(d, DOCTOR_OK, "rights", "read and write%s%s",
			st.st_uid == geteuid() ? ", as its owner"
			: group                ? ", as a member of "
					       : "",
			st.st_uid != geteuid() && group ? group->gr_name : "");
	return true;
}

static int find_process(const char *wanted)
{
	DIR *proc = opendir("/proc");
	int pid = 0;
	for (const struct dirent *e; proc && !pid && (e = readdir(proc));) {
		struct buf path AUTO_BUF = { 0 };
		char name[64] = "";
		buf_printf(&path, "/proc/%s/comm", e->d_name);
		FILE *f AUTO_FILE = atoi(e->d_name) > 0 ? fopen(path.data, "re") : NULL;
		if (f && fgets(name, sizeof(name), f))
			name[strcspn(name, "\n")] = '\0';
		if (strcmp(name, wanted) == 0)
			pid = atoi(e->d_name);
	}
	if (proc)
		closedir(proc);
	return pid;
}

static bool say_owner(struct doctor *d, const struct doctor_board *board)
{
	struct busy_owner owner;
	char way_out[400];
	if (busy_owner(board->path, &owner)) {
		busy_way_out(board->path, &owner, way_out, sizeof(way_out));
		doctor_say(d, board->has_adapter ? DOCTOR_UNUSABLE : DOCTOR_WRONG, "in use",
			"by process %d (%s)%s: %s", owner.pid, doctor_text(owner.name, 40),
			owner.by_file ? ", says its lock file" : "", way_out);
		return !board->has_adapter;
	}
	int manager = find_process("ModemManager");
	if (manager && board->has_adapter)
		doctor_say(d, DOCTOR_OK, "in use",
			"by nobody; ModemManager (process %d) runs, and may take it when it is "
			"plugged in",
			manager);
	else
		doctor_say(d, DOCTOR_OK, "in use", "by nobody that this user can see");
	return true;
}

bool doctor_port(struct doctor *d, struct doctor_board *board)
{
	struct stat st;
	struct error error = { 0 };
	if (!has_path(d, board))
		return true;
	if (stat(board->path, &st) < 0)
		return not_there(d, board, errno);
	bool serial = text_starts(board->iut.address, "serial:");
	if ((serial ? busy_check_serial : busy_check_kind)(board->path, &error) < 0) {
		doctor_say(d, DOCTOR_UNUSABLE, "port", "%s", error.text);
		return false;
	}
	say_port(d, board);
	say_adapter(d, board);
	bool good = say_rights(d, board);
	return say_owner(d, board) && good;
}

static void member(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
	if (*text)
		buf_json_text(out, text);
	else
		buf_puts(out, "null");
}

static void put_port(struct buf *json, const struct adapter *a, bool rights, bool busy)
{
	char id[160];
	struct buf address AUTO_BUF = { 0 };
	buf_printf(&address, "serial:%s", a->path);
	adapter_id(a, id, sizeof(id));
	buf_puts(json, json->len ? ",{" : "{");
	member(json, "iut", address.data);
	member(json, "adapter", id);
	member(json, "product", a->product);
	member(json, "driver", a->driver);
	buf_printf(json, ",\"rights\":%s,\"in_use\":%s}", rights ? "true" : "false",
		busy ? "true" : "false");
}

size_t doctor_ports(const struct doctor *d)
{
	struct adapter list[PORTS_MAX];
	size_t count = adapter_list(list, PORTS_MAX);
	struct buf json AUTO_BUF = { 0 };
	for (size_t i = 0; i < count; i++) {
		struct buf text AUTO_BUF = { 0 };
		struct busy_owner owner;
		bool rights = access(list[i].path, R_OK | W_OK) == 0;
		bool busy = busy_owner(list[i].path, &owner);
		describe(&list[i], &text);
		put_port(&json, &list[i], rights, busy);
		if (!d->options.json)
			printf("%s: %s%s%s\n", doctor_text(list[i].path, 100), buf_text(&text),
				rights ? "" : ", no right to open it", busy ? ", in use" : "");
	}
	if (d->options.json)
		printf("{\"ports\":[%s]}\n", buf_text(&json));
	return count;
}
