/* SPDX-License-Identifier: MIT */
#include "wifi.h"

/* ---- modes ---- */

static int found_mode = -1;

void enter_mode(int mode)
{
	if (found_mode < 0) {
		ask("AT+CWMODE?");
		found_mode = (int)field_int("mode");
	}
	given(fmt("AT+CWMODE=%d", mode));
	forget_urcs();
}

void leave_mode(void)
{
	given(fmt("AT+CWMODE=%d", found_mode));
	forget_urcs();
}

/* ---- joining ---- */

const char *join_line(const char *point, const char *more)
{
	bool open = strcmp(point, "open_access_point") == 0;
	const char *ssid = escaped(network(fmt("%s.ssid", point)));
	const char *password = open ? "" : escaped(network(fmt("%s.password", point)));
	return fmt("AT+CWJAP=\"%s\",\"%s\"%s", ssid, password, more);
}

void join(const char *point)
{
	given(join_line(point, ""));
	forget_urcs();
}

void leave(void)
{
	any("AT+CWQAP");
	forget_urcs();
}

void enter_station(void)
{
	enter_mode(1);
	leave();
}

void enter_joined(void)
{
	enter_mode(1);
	join("access_point");
}

void leave_station(void)
{
	leave();
	leave_mode();
}

void expect_join(const char *line)
{
	any(line);
	if (line_like(0, RE("\\+CWJAP:[13]")) && said("ERROR"))
		inconclusive(
			"the access point does not answer: \"%s\" gets \"%s\"", line, line_text(0));
	check(said("OK"), "\"%s\" gets \"%s\" and no OK", line, line_text(0));
}

bool is_joined(void)
{
	any("AT+CWJAP?");
	for (size_t i = 0; i < line_count(); i++)
		if (line_like(i, RE("\\+CWJAP:\"?(?<ssid>.*?)\"?,\"?(?<bssid>[0-9A-Fa-f:]{17})\"?,"
				    "(?<channel>\\d+),(?<rssi>-?\\d+),(?<pci>\\d+),(?<reconn>\\d+),"
				    "(?<interval>\\d+)(?:,\\d+)*")))
			return true;
	return false;
}

int soon_ms(void)
{
	return bench_ms("join") + bench_ms("answer");
}

int while_ms(void)
{
	return bench_ms("join") / 2;
}

bool becomes_joined(bool joined, int ms)
{
	int64_t end = clock_ms() + ms;
	while (is_joined() != joined) {
		if (clock_ms() > end)
			return false;
		look_again(5);
	}
	return true;
}

bool same_ssid(const char *shown, const char *ssid)
{
	return strcmp(shown, ssid) == 0 || strcmp(shown, escaped(ssid)) == 0;
}

void expect_joined_to(const char *ssid)
{
	check(is_joined(), "the module is not joined");
	check(same_ssid(field("ssid"), ssid), "joined to \"%s\"", field("ssid"));
}

/* ---- lists of access points ---- */

struct seen seen[SEEN_MAX];

size_t seen_count;

void scan(const char *line)
{
	any(line);
	check(said("OK"), "\"%s\" gets \"%s\" and no OK", line, line_text(0));
	seen_count = 0;
	for (size_t i = 0; i < line_count() && seen_count < SEEN_MAX; i++) {
		check(line_like(i, RE("\\+CWLAP:\\(?(?<ecn>\\d+),\"(?<ssid>.*)\",(?<rssi>-?\\d+),"
				      "\"(?<mac>[0-9A-Fa-f:]{17})\",(?<channel>\\d+)\\)?")),
			"not an entry of the list: %s", line_text(i));
		struct seen *s = &seen[seen_count++];
		s->encryption = (int)field_int("ecn");
		s->rssi = (int)field_int("rssi");
		s->channel = (int)field_int("channel");
		snprintf(s->ssid, sizeof(s->ssid), "%s", field("ssid"));
		snprintf(s->mac, sizeof(s->mac), "%s", field("mac"));
	}
}

const struct seen *find_seen(const char *mac)
{
	for (size_t i = 0; i < seen_count; i++)
		if (strcasecmp(seen[i].mac, mac) == 0)
			return &seen[i];
	return NULL;
}

void show_all(void)
{
	given("AT+CWLAPOPT=1,31");
}

/* ---- the SoftAP and its stations ---- */

static char found_softap[400];

void remember_softap(int mode)
{
	enter_mode(mode);
	ask("AT+CWSAP?");
	snprintf(found_softap, sizeof(found_softap), "AT+CWSAP=\"%s\",\"%s\",%s,%s,%s,%s",
		escaped(field("ssid")), escaped(field("pwd")), field("channel"), field("ecn"),
		field("max_conn"), field("ssid_hidden"));
}

void enter_softap(int mode)
{
	remember_softap(mode);
	given("AT+CWDHCP=1,2");
	given("AT+CWSAP=\"" SOFTAP_SSID "\",\"" SOFTAP_PASSWORD "\",5,3,4,0");
}

void leave_softap(void)
{
	any("AT+CWQIF");
	given(found_softap);
	leave_mode();
}

struct client clients[CLIENTS_MAX];

size_t client_count;

void list_clients(void)
{
	any("AT+CWLIF");
	check(said("OK"), "AT+CWLIF gets \"%s\" and no OK", line_text(0));
	client_count = 0;
	for (size_t i = 0; i < line_count() && client_count < CLIENTS_MAX; i++) {
		check(line_like(i, RE("(?:\\+CWLIF:)?\"?(?<ip>[0-9.]{7,15})\"?,"
				      "\"?(?<mac>[0-9A-Fa-f:]{17})\"?")),
			"not an entry of the list: %s", line_text(i));
		struct client *c = &clients[client_count++];
		snprintf(c->ip, sizeof(c->ip), "%s", field("ip"));
		snprintf(c->mac, sizeof(c->mac), "%s", field("mac"));
	}
}

const struct client *find_client(const char *mac)
{
	for (size_t i = 0; i < client_count; i++)
		if (strcasecmp(clients[i].mac, mac) == 0)
			return &clients[i];
	return NULL;
}

bool clients_become(size_t count)
{
	int64_t end = clock_ms() + bench_ms("join") + bench_ms("lease");
	for (list_clients(); client_count != count; list_clients()) {
		if (clock_ms() > end)
			return false;
		look_again(5);
	}
	return true;
}

bool station_joins(const char *mac, const char *password)
{
	char text[300], *p = text;
	for (; *password && p < text + sizeof(text) - 3; password++) {
		if (strchr("\"\\", *password))
			*p++ = '\\';
		*p++ = *password;
	}
	*p = '\0';
	control(fmt(
		"{\"air\":{\"station\":\"%s\",\"do\":\"join\",\"password\":\"%s\"}}", mac, text));
	return strcmp(told("joined"), "true") == 0;
}

void station_leaves(const char *mac)
{
	control(fmt("{\"air\":{\"station\":\"%s\",\"do\":\"leave\"}}", mac));
}

void bench_station_joins(void)
{
	if (has("air"))
		check(station_joins(STATION_1, SOFTAP_PASSWORD), "the station can't join");
	check(clients_become(1), "no station in the list, but %zu", client_count);
}

/* ---- addresses ---- */

uint32_t ip_number(const char *text)
{
	unsigned a, b, c, d;
	if (sscanf(text, "%u.%u.%u.%u", &a, &b, &c, &d) != 4)
		return 0;
	return a << 24 | b << 16 | c << 8 | d;
}

uint32_t shown_ip(const char *query)
{
	ask(query);
	return ip_number(field("ip"));
}

const char *ip_text(uint32_t ip)
{
	return fmt("%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

int dhcp_state(void)
{
	ask("AT+CWDHCP?");
	return (int)field_int("state") & 3;
}

void set_dhcp(int state)
{
	if (state)
		given(fmt("AT+CWDHCP=1,%d", state));
	if (state != 3)
		given(fmt("AT+CWDHCP=0,%d", 3 & ~state));
}

uint32_t leased_ip(void)
{
	int64_t end = clock_ms() + bench_ms("lease");
	uint32_t ip;
	while ((ip = shown_ip("AT+CIPSTA?")) == 0 && clock_ms() < end)
		look_again(5);
	return ip;
}

uint32_t free_ip(void)
{
	uint32_t ip = leased_ip(), network_part = ip & 0xffffff00;
	if (!ip)
		inconclusive("the access point gives no address");
	return network_part | ((ip & 255) == 200 ? 201 : 200);
}

const char *static_line(uint32_t ip)
{
	return fmt("AT+CIPSTA=\"%s\",\"%s\",\"255.255.255.0\"", ip_text(ip),
		ip_text((ip & 0xffffff00) | 1));
}

void enter_leased(void)
{
	enter_mode(1);
	given("AT+CWAUTOCONN=1");
	given("AT+CWDHCP=1,3");
	join("access_point");
}

void leave_leased(void)
{
	given("AT+CWDHCP=1,3");
	leave_station();
}

static char found_softap_ip[120];

void remember_softap_ip(void)
{
	ask("AT+CIPAP?");
	snprintf(found_softap_ip, sizeof(found_softap_ip), "AT+CIPAP=\"%s\",\"%s\",\"%s\"",
		field("ip"), field("gateway"), field("netmask"));
}

void put_softap_ip_back(void)
{
	given(found_softap_ip);
	given("AT+CWDHCP=1,3");
}

/* ---- the air ---- */

void change_air(const char *mac, const char *change)
{
	control(fmt("{\"air\":{\"ap\":\"%s\",\"set\":{%s}}}", mac, change));
}
