/* SPDX-License-Identifier: MIT */
/* Adapters in a tree that looks like sysfs. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "rig/adapter.h"
#include "rig/tempdir.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *root;

static void build_tree(void)
{
	struct error error = { 0 };
	root = tempdir_create(&error);
	cr_assert_not_null(root);
	setenv("ATCONFORM_SYSFS", root, 1);
}

static void remove_tree(void)
{
	tempdir_remove(root);
}

TestSuite(adapter, .init = build_tree, .fini = remove_tree);

/* mkdir -p of a folder in the tree; its path is returned, for the caller to free. */
static char *folder(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *folder(const char *format, ...)
{
	struct buf path = { 0 };
	char name[300];
	va_list args;
	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	buf_printf(&path, "%s/%s", root, name);
	for (char *at = path.data + strlen(root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(path.data, 0755);
		*at = '/';
	}
	mkdir(path.data, 0755);
	return buf_take(&path);
}

static void attribute(const char *dir, const char *name, const char *text)
{
	struct buf path AUTO_BUF = { 0 };
	buf_printf(&path, "%s/%s", dir, name);
	FILE *f = text ? fopen(path.data, "w") : NULL;
	if (!f)
		return;
	fprintf(f, "%s\n", text);
	fclose(f);
}

static void link_to(const char *target, const char *dir, const char *name)
{
	struct buf path AUTO_BUF = { 0 };
	buf_printf(&path, "%s/%s", dir, name);
	cr_assert_eq(symlink(target, path.data), 0);
}

struct device {
	const char *port, *place, *vid, *pid, *serial, *driver, *interface_class;
};

/* As usb-serial has it: the port's device is below the interface, which is below the USB device. */
static void plug(const struct device *d)
{
	struct buf driver AUTO_BUF = { 0 };
	char *usb AUTO_FREE = folder("devices/usb1/%s", d->place);
	char *interface AUTO_FREE = folder("devices/usb1/%s/%s:1.0", d->place, d->place);
	char *port AUTO_FREE = folder("devices/usb1/%s/%s:1.0/%s", d->place, d->place, d->port);
	char *class AUTO_FREE = folder("class/tty/%s", d->port);
	attribute(usb, "idVendor", d->vid);
	attribute(usb, "idProduct", d->pid);
	attribute(usb, "serial", d->serial);
	attribute(usb, "product", "CP2102 USB to UART");
	attribute(usb, "manufacturer", "Silicon Labs");
	attribute(interface, "bInterfaceNumber", "00");
	attribute(interface, "bInterfaceClass", d->interface_class ? d->interface_class : "ff");
	buf_printf(&driver, "../../bus/usb-serial/drivers/%s", d->driver ? d->driver : "cp210x");
	link_to(driver.data, port, "driver");
	link_to(port, class, "device");
}

static void unplug(const char *port)
{
	struct buf path AUTO_BUF = { 0 };
	buf_printf(&path, "%s/class/tty/%s/device", root, port);
	cr_assert_eq(unlink(path.data), 0);
}

Test(adapter, what_sysfs_tells)
{
	struct adapter a;
	char id[200];
	plug(&(struct device){ "ttyUSB0", "1-2", "10c4", "ea60", "0001", NULL, NULL });
	cr_assert_eq(adapter_of("/dev/ttyUSB0", &a), 0);
	cr_assert_eq(a.vid, 0x10c4);
	cr_assert_eq(a.pid, 0xea60);
	cr_assert_eq(a.interface, 0);
	cr_assert_str_eq(a.path, "/dev/ttyUSB0");
	cr_assert_str_eq(a.serial, "0001");
	cr_assert_str_eq(a.product, "CP2102 USB to UART");
	cr_assert_str_eq(a.maker, "Silicon Labs");
	cr_assert_str_eq(a.driver, "cp210x");
	cr_assert_str_eq(a.location, "1-2:1.0");
	cr_assert_eq(a.kind, ADAPTER_UART);
	adapter_id(&a, id, sizeof(id));
	cr_assert_str_eq(id, "10c4:ea60:0001");
}

Test(adapter, links_are_followed)
{
	struct adapter a;
	char *by_id AUTO_FREE = folder("by-id");
	struct buf path AUTO_BUF = { 0 };
	plug(&(struct device){ "ttyUSB3", "1-4", "1a86", "7523", NULL, "ch341-uart", NULL });
	attribute(root, "ttyUSB3", "");
	link_to("../ttyUSB3", by_id, "usb-1a86_USB_Serial");
	buf_printf(&path, "%s/usb-1a86_USB_Serial", by_id);
	cr_assert_eq(adapter_of(path.data, &a), 0);
	cr_assert_eq(a.pid, 0x7523);
	cr_assert_str_eq(a.serial, "");
}

/* Any device will do: what its numbers are is what the tree says of them. */
Test(adapter, a_node_under_another_name)
{
	struct adapter a;
	plug(&(struct device){ "ttyUSB0", "1-2", "10c4", "ea60", "0001", NULL, NULL });
	cr_assert_eq(adapter_of("/dev/null", &a), -ENOENT);
	char *class AUTO_FREE = folder("class/tty/ttyUSB0");
	char *numbers AUTO_FREE = folder("dev/char");
	attribute(class, "dev", "1:3");
	link_to("../../class/tty/ttyUSB0", numbers, "1:3");
	cr_assert_eq(adapter_of("/dev/null", &a), 0);
	cr_assert_eq(a.pid, 0xea60);
	cr_assert_str_eq(a.path, "/dev/ttyUSB0");
}

Test(adapter, another_port_s_name_is_not_enough)
{
	struct adapter a;
	struct buf path AUTO_BUF = { 0 };
	plug(&(struct device){ "ttyUSB0", "1-2", "10c4", "ea60", "0001", NULL, NULL });
	char *class AUTO_FREE = folder("class/tty/ttyUSB0");
	attribute(class, "dev", "188:0");
	link_to("/dev/null", root, "ttyUSB0");
	buf_printf(&path, "%s/ttyUSB0", root);
	cr_assert_eq(adapter_of(path.data, &a), -ENOENT);
}

Test(adapter, a_device_that_a_rule_has_renamed)
{
	struct adapter a;
	plug(&(struct device){ "ttyUSB0", "1-2", "10c4", "ea60", "0001", NULL, NULL });
	char *class AUTO_FREE = folder("class/tty/ttyUSB0");
	attribute(class, "uevent", "MAJOR=188\nMINOR=0\nDEVNAME=boards/ttyUSB0");
	cr_assert_eq(adapter_of("/dev/ttyUSB0", &a), 0);
	cr_assert_str_eq(a.path, "/dev/boards/ttyUSB0");
	attribute(class, "uevent", "DEVNAME=/tmp/port");
	cr_assert_eq(adapter_of("/dev/ttyUSB0", &a), 0);
	cr_assert_str_eq(a.path, "/tmp/port");
}

Test(adapter, a_port_that_is_not_on_usb)
{
	struct adapter a;
	char id[200];
	char *port AUTO_FREE = folder("devices/platform/serial8250");
	char *class AUTO_FREE = folder("class/tty/ttyS1");
	link_to("../../../bus/platform/drivers/serial8250", port, "driver");
	link_to(port, class, "device");
	cr_assert_eq(adapter_of("/dev/ttyS1", &a), 0);
	cr_assert_eq(a.vid, -1);
	cr_assert_str_eq(a.driver, "serial8250");
	cr_assert_str_eq(a.location, "");
	adapter_id(&a, id, sizeof(id));
	cr_assert_str_eq(id, "");
	cr_assert_eq(adapter_find(&a, id, sizeof(id)), -ENOENT);
}

Test(adapter, what_sysfs_does_not_know)
{
	struct adapter a;
	cr_assert_eq(adapter_of("/dev/pts/0", &a), -ENOENT);
	cr_assert_eq(adapter_of("/dev/", &a), -ENOENT);
	cr_assert_eq(a.vid, -1);
}

Test(adapter, printers_and_modems)
{
	struct adapter a;
	plug(&(struct device){ "ttyUSB0", "1-2", "04b8", "0202", NULL, "pl2303", "07" });
	plug(&(struct device){ "ttyUSB1", "1-3", "12d1", "1001", NULL, "option1", NULL });
	cr_assert_eq(adapter_of("/dev/ttyUSB0", &a), 0);
	cr_assert_eq(a.kind, ADAPTER_PRINTER);
	cr_assert_eq(adapter_of("/dev/ttyUSB1", &a), 0);
	cr_assert_eq(a.kind, ADAPTER_MODEM);
}

Test(adapter, all_that_are_there)
{
	struct adapter list[4];
	cr_assert_eq(adapter_list(list, 4), 0);
	plug(&(struct device){ "ttyUSB1", "1-3", "1a86", "7523", NULL, NULL, NULL });
	plug(&(struct device){ "ttyUSB0", "1-2", "10c4", "ea60", "0001", NULL, NULL });
	free(folder("class/tty/tty1")); /* a console */
	cr_assert_eq(adapter_list(list, 4), 2);
	cr_assert_str_eq(list[0].path, "/dev/ttyUSB0");
	cr_assert_str_eq(list[1].path, "/dev/ttyUSB1");
	cr_assert_eq(adapter_list(list, 1), 1);
}

static void check_found(const struct adapter *like, const char *expected)
{
	char path[100] = "";
	cr_assert_eq(adapter_find(like, path, sizeof(path)), 0);
	cr_assert_str_eq(path, expected);
}

Test(adapter, found_by_its_number_under_another_name)
{
	struct adapter a;
	plug(&(struct device){ "ttyUSB0", "1-2", "10c4", "ea60", "A", NULL, NULL });
	plug(&(struct device){ "ttyUSB1", "1-3", "10c4", "ea60", "B", NULL, NULL });
	cr_assert_eq(adapter_of("/dev/ttyUSB0", &a), 0);
	check_found(&a, "/dev/ttyUSB0");
	unplug("ttyUSB0");
	cr_assert_eq(adapter_find(&a, (char[8]){ 0 }, 8), -ENOENT);
	plug(&(struct device){ "ttyUSB2", "1-7", "10c4", "ea60", "A", NULL, NULL });
	check_found(&a, "/dev/ttyUSB2");
}

Test(adapter, without_a_number_its_place_decides)
{
	struct adapter a;
	plug(&(struct device){ "ttyUSB0", "1-2", "1a86", "7523", NULL, NULL, NULL });
	plug(&(struct device){ "ttyUSB1", "1-3", "1a86", "7523", NULL, NULL, NULL });
	cr_assert_eq(adapter_of("/dev/ttyUSB0", &a), 0);
	unplug("ttyUSB0");
	cr_assert_eq(adapter_find(&a, (char[8]){ 0 }, 8), -ENOENT);
	char *class AUTO_FREE = folder("class/tty/ttyUSB5");
	struct buf port AUTO_BUF = { 0 };
	buf_printf(&port, "%s/devices/usb1/1-2/1-2:1.0/ttyUSB0", root);
	link_to(port.data, class, "device");
	check_found(&a, "/dev/ttyUSB5");
}

Test(adapter, one_number_for_all_of_a_make)
{
	struct adapter a;
	struct adapter named;
	plug(&(struct device){ "ttyUSB0", "1-2", "10c4", "ea60", "0001", NULL, NULL });
	plug(&(struct device){ "ttyUSB1", "1-3", "10c4", "ea60", "0001", NULL, NULL });
	cr_assert_eq(adapter_of("/dev/ttyUSB1", &a), 0);
	check_found(&a, "/dev/ttyUSB1");
	cr_assert(adapter_parse("10c4:ea60:0001", &named));
	cr_assert_eq(adapter_find(&named, (char[8]){ 0 }, 8), -ENOTUNIQ);
}

Test(adapter, ids_are_read_and_compared)
{
	struct adapter wanted;
	struct adapter found = { .vid = 0x10c4, .pid = 0xea60, .serial = "0001" };
	cr_assert(adapter_parse("10C4:ea60:0001", &wanted));
	cr_assert(adapter_is(&wanted, &found));
	cr_assert(adapter_parse("10c4:ea60", &wanted));
	cr_assert(adapter_is(&wanted, &found));
	cr_assert(adapter_parse("10c4:ea60:0002", &wanted));
	cr_assert_not(adapter_is(&wanted, &found));
	static const char *const wrong[] = { "", "10c4", "10c4:", "10c4:ea6", "10c4:ea600",
		"10c4:ea60:", "10c4-ea60", "0x10c4:ea60", "10c4:ea60 0001" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_assert_not(adapter_parse(wrong[i], &wanted), "%s", wrong[i]);
}
