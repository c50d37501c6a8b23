/* SPDX-License-Identifier: MIT */
#include "rig/adapter.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SYSFS_ENV "ATCONFORM_SYSFS"

static const struct adapter unknown = { .vid = -1, .pid = -1, .interface = -1 };

/* Drivers that serve nothing but mobile modems. */
static const char *const modem_drivers[] = { "option", "option1", "qcserial", "sierra", "hso",
	"ipw" };

static const char *sysfs(void)
{
	const char *given = getenv(SYSFS_ENV);
	return given && *given ? given : "/sys";
}

/* The first line of an attribute; false when there is none. */
static bool attribute(const char *dir, const char *name, char *out, size_t size)
{
	struct buf path AUTO_BUF = { 0 };
	buf_printf(&path, "%s/%s", dir, name);
	FILE *f AUTO_FILE = fopen(path.data, "re");
	*out = '\0';
	if (!f || !fgets(out, (int)size, f))
		return false;
	out[strcspn(out, "\n")] = '\0';
	return true;
}

static int hex_attribute(const char *dir, const char *name)
{
	char text[16];
	char *end = text;
	if (!attribute(dir, name, text, sizeof(text)))
		return -1;
	long value = strtol(text, &end, 16);
	return end == text || value < 0 || value > 0xffff ? -1 : (int)value;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void note_driver(struct adapter *a, const char *dir)
{
	struct buf link AUTO_BUF = { 0 };
	char target[PATH_MAX];
	buf_printf(&link, "%s/driver", dir);
	ssize_t len = readlink(link.data, target, sizeof(target) - 1);
	if (*a->driver || len <= 0)
		return;
	target[len] = '\0';
	const char *name = last_part(target);
	/* What newer kernels put between a UART and its driver. */
	if (strcmp(name, "port") != 0 && strcmp(name, "ctrl") != 0)
		snprintf(a->driver, sizeof(a->driver), "%.63s", name);
}

static bool has_printer(const char *device)
{
	enum { PRINTER_CLASS = 7 };
	DIR *dir = opendir(device);
	bool found = false;
	if (!dir)
		return false;
	for (const struct dirent *e; !found && (e = readdir(dir));) {
		struct buf interface AUTO_BUF = { 0 };
		buf_printf(&interface, "%s/%s", device, e->d_name);
		found = strchr(e->d_name, ':') &&
			hex_attribute(interface.data, "bInterfaceClass") == PRINTER_CLASS;
	}
	closedir(dir);
	return found;
}

static void note_usb(struct adapter *a, const char *device)
{
	a->vid = hex_attribute(device, "idVendor");
	a->pid = hex_attribute(device, "idProduct");
	attribute(device, "serial", a->serial, sizeof(a->serial));
	attribute(device, "product", a->product, sizeof(a->product));
	attribute(device, "manufacturer", a->maker, sizeof(a->maker));
	if (has_printer(device))
		a->kind = ADAPTER_PRINTER;
}

/* From the port's own device up to the USB device that it is a part of. */
static void climb(struct adapter *a, char *dir, const char *root)
{
	size_t end = strlen(root);
	while (strncmp(dir, root, end) == 0 && dir[end] == '/') {
		int interface = hex_attribute(dir, "bInterfaceNumber");
		note_driver(a, dir);
		if (interface >= 0 && a->interface < 0) {
			a->interface = interface;
			snprintf(a->location, sizeof(a->location), "%.63s", last_part(dir));
		}
		if (hex_attribute(dir, "idVendor") >= 0) {
			note_usb(a, dir);
			return;
		}
		*strrchr(dir, '/') = '\0';
	}
}

/* The kernel's name of the port, which a rule may have changed; a whole path in a test's tree. */
static void note_path(struct adapter *a, const char *port, const char *name)
{
	struct buf path AUTO_BUF = { 0 };
	char line[200];
	buf_printf(&path, "%s/uevent", port);
	FILE *f AUTO_FILE = fopen(path.data, "re");
	snprintf(a->path, sizeof(a->path), "/dev/%s", name);
	while (f && fgets(line, sizeof(line), f)) {
		const char *value = line + strlen("DEVNAME=");
		line[strcspn(line, "\n")] = '\0';
		if (text_starts(line, "DEVNAME="))
			snprintf(a->path, sizeof(a->path), "%s%s", *value == '/' ? "" : "/dev/",
				value);
	}
}

static void take(char *out, size_t size, const char *text)
{
	if (text)
		snprintf(out, size, "%s", text);
}

/* What the library knows of a port with the kernel's own name; it looks at no other folder. */
static void describe(struct adapter *a)
{
	struct sp_port *port = NULL;
	if (getenv(SYSFS_ENV) || sp_get_port_by_name(a->path, &port) != SP_OK)
		return;
	if (sp_get_port_transport(port) == SP_TRANSPORT_USB) {
		sp_get_port_usb_vid_pid(port, &a->vid, &a->pid);
		take(a->serial, sizeof(a->serial), sp_get_port_usb_serial(port));
		take(a->product, sizeof(a->product), sp_get_port_usb_product(port));
		take(a->maker, sizeof(a->maker), sp_get_port_usb_manufacturer(port));
	} else {
		take(a->product, sizeof(a->product), sp_get_port_description(port));
	}
	sp_free_port(port);
}

static int of_name(const char *name, struct adapter *out)
{
	struct buf port AUTO_BUF = { 0 };
	struct buf link AUTO_BUF = { 0 };
	*out = unknown;
	buf_printf(&port, "%s/class/tty/%s", sysfs(), name);
	buf_printf(&link, "%s/device", port.data);
	char *dir AUTO_FREE = *name ? realpath(link.data, NULL) : NULL;
	char *root AUTO_FREE = realpath(sysfs(), NULL);
	if (!dir || !root)
		return -ENOENT;
	note_path(out, port.data, name);
	climb(out, dir, root);
	describe(out);
	for (size_t i = 0; i < sizeof(modem_drivers) / sizeof(modem_drivers[0]); i++)
		if (strcmp(out->driver, modem_drivers[i]) == 0)
			out->kind = ADAPTER_MODEM;
	return 0;
}

/* A link may have the name of another port; the numbers of the device tell. A test's tree has none.
 */
static bool is_device(const char *path, const char *name)
{
	struct buf port AUTO_BUF = { 0 };
	struct stat st;
	char numbers[32], wanted[32];
	buf_printf(&port, "%s/class/tty/%s", sysfs(), name);
	if (stat(path, &st) < 0 || !attribute(port.data, "dev", numbers, sizeof(numbers)))
		return true;
	snprintf(wanted, sizeof(wanted), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	return S_ISCHR(st.st_mode) && strcmp(numbers, wanted) == 0;
}

/* A node that somebody made under another name, for a container as a rule. */
static int of_numbers(const char *path, struct adapter *out)
{
	struct buf node AUTO_BUF = { 0 };
	struct stat st;
	*out = unknown;
	if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode))
		return -ENOENT;
	buf_printf(&node, "%s/dev/char/%u:%u", sysfs(), major(st.st_rdev), minor(st.st_rdev));
	char *device AUTO_FREE = realpath(node.data, NULL);
	return device ? of_name(last_part(device), out) : -ENOENT;
}

int adapter_of(const char *path, struct adapter *out)
{
	*out = unknown;
	if (is_device(path, last_part(path)) && of_name(last_part(path), out) == 0)
		return 0;
	char *real AUTO_FREE = realpath(path, NULL);
	if (!real)
		return -ENOENT;
	return is_device(real, last_part(real)) && of_name(last_part(real), out) == 0
		       ? 0
		       : of_numbers(real, out);
}

int adapter_of_address(const char *address, struct adapter *out)
{
	static const char *const schemes[] = { "serial:", "pty:" };
	*out = unknown;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		struct buf path AUTO_BUF = { 0 };
		const char *rest = address + strlen(schemes[i]);
		if (!text_starts(address, schemes[i]))
			continue;
		buf_append(&path, rest, i == 0 ? strcspn(rest, "?") : strlen(rest));
		return adapter_of(buf_text(&path), out);
	}
	return -ENOENT;
}

static void add(struct adapter *list, size_t *count, size_t max, const char *name)
{
	if (*count < max && of_name(name, &list[*count]) == 0)
		(*count)++;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct adapter *)a)->path, ((const struct adapter *)b)->path);
}

static size_t list_tree(struct adapter *list, size_t max)
{
	struct buf class AUTO_BUF = { 0 };
	size_t count = 0;
	buf_printf(&class, "%s/class/tty", sysfs());
	DIR *dir = opendir(class.data);
	for (const struct dirent *e; dir && (e = readdir(dir));)
		if (*e->d_name != '.')
			add(list, &count, max, e->d_name);
	if (dir)
		closedir(dir);
	return count;
}

size_t adapter_list(struct adapter *list, size_t max)
{
	struct sp_port **ports = NULL;
	size_t count = 0;
	if (getenv(SYSFS_ENV)) {
		count = list_tree(list, max);
	} else if (sp_list_ports(&ports) == SP_OK) {
		for (struct sp_port **p = ports; *p; p++)
			add(list, &count, max, last_part(sp_get_port_name(*p)));
		sp_free_port_list(ports);
	}
	qsort(list, count, sizeof(*list), by_path);
	return count;
}

bool adapter_is(const struct adapter *wanted, const struct adapter *found)
{
	if (wanted->vid != found->vid || wanted->pid != found->pid)
		return false;
	if (*wanted->serial && strcmp(wanted->serial, found->serial) != 0)
		return false;
	return wanted->interface < 0 || wanted->interface == found->interface;
}

static bool in_place(const struct adapter *a, const struct adapter *b)
{
	return *a->location && strcmp(a->location, b->location) == 0;
}

int adapter_find(const struct adapter *like, char *path, size_t size)
{
	struct buf class AUTO_BUF = { 0 };
	int count = 0;
	buf_printf(&class, "%s/class/tty", sysfs());
	DIR *dir = like->vid < 0 ? NULL : opendir(class.data);
	if (!dir)
		return -ENOENT;
	for (const struct dirent *e; (e = readdir(dir));) {
		struct adapter found;
		if (*e->d_name == '.' || of_name(e->d_name, &found) < 0 ||
			!adapter_is(like, &found))
			continue;
		bool same = in_place(like, &found);
		/* Without a number only the place tells it from others of its kind. */
		if (!same && !*like->serial && *like->location)
			continue;
		snprintf(path, size, "%s", found.path);
		count++;
		if (same) {
			count = 1;
			break;
		}
	}
	closedir(dir);
	return count == 1 ? 0 : count ? -ENOTUNIQ : -ENOENT;
}

void adapter_id(const struct adapter *adapter, char *out, size_t size)
{
	*out = '\0';
	if (adapter->vid >= 0)
		snprintf(out, size, "%04x:%04x%s%s", (unsigned)adapter->vid, (unsigned)adapter->pid,
			*adapter->serial ? ":" : "", adapter->serial);
}

/* Four hex digits, neither more nor fewer. */
static bool parse_id(const char *text, int *out)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	*out = (int)strtol(text, NULL, 16);
	return strspn(text, digits) == 4;
}

bool adapter_parse(const char *text, struct adapter *out)
{
	*out = unknown;
	if (!parse_id(text, &out->vid) || text[4] != ':' || !parse_id(text + 5, &out->pid))
		return false;
	if (text[9] == '\0')
		return true;
	size_t len = strlen(text + 9);
	if (text[9] != ':' || len < 2 || len > sizeof(out->serial))
		return false;
	memcpy(out->serial, text + 10, len);
	return true;
}
