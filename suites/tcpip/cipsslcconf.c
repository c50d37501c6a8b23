/* SPDX-License-Identifier: MIT */
/* AT+CIPSSLCCONF: the settings of the five links, and what each mode does with right, wrong and
 * missing certificates. A module may learn only after the handshake that the server does not want
 * it: a connection that ends at once is a refusal too. */
#include "tcpip.h"

#define REQUIRES "{\"client_certificate\":\"require\"}"
#define ASKS     "{\"client_certificate\":\"ask\"}"
#define EXPIRED  "{\"certificate\":\"expired\"}"
#define OTHER_CA "{\"certificate\":\"other-ca\"}"
#define WRONG    "{\"certificate\":\"wrong-host\"}"

struct setting {
	int mode, pki, ca;
};

static struct setting found[LINKS];

/* The five settings, of a module with several connections. */
static void read_settings(struct setting out[LINKS])
{
	any("AT+CIPSSLCCONF?");
	check(said("OK") && line_count() == LINKS, "%zu lines and \"%s\"", line_count(),
		line_text(0));
	for (int i = 0; i < LINKS; i++) {
		bool fits = line_like((size_t)i,
			RE("\\+CIPSSLCCONF:(?<id>\\d+),(?<mode>\\d+),(?<pki>\\d+),(?<ca>\\d+)"));
		check(fits && field_int("id") == i, "line %d is \"%s\"", i, line_text((size_t)i));
		out[i] = (struct setting){ (int)field_int("mode"), (int)field_int("pki"),
			(int)field_int("ca") };
	}
}

/* Several connections; what is set is put back by leave_settings(). */
static void enter_settings(void)
{
	given("AT+CIPMUX=1");
	read_settings(found);
	given("AT+CIPSSLCCONF=5,0,0,0");
}

static void leave_settings(void)
{
	for (int i = 0; i < LINKS; i++)
		given(fmt(
			"AT+CIPSSLCCONF=%d,%d,%d,%d", i, found[i].mode, found[i].pki, found[i].ca));
	given("AT+CIPMUX=0");
	forget_urcs();
}

/* Online, one connection, with this setting for it. */
static void enter_mode(const char *setting)
{
	online();
	enter_settings();
	given(fmt("AT+CIPSSLCCONF=0,%s", setting));
	given("AT+CIPMUX=0");
}

static void leave_mode(void)
{
	any("AT+CIPCLOSE");
	given("AT+CIPMUX=1");
	leave_settings();
}

/* A TLS server of these options gets a connection that works: the peer. */
static int expect_connection(const char *options)
{
	int peer = peer_open("tls", options);
	at(link_line(LINK_SINGLE, "SSL", peer, ""), "OK");
	send_text(LINK_SINGLE, "over TLS");
	peer_expect(peer, "over TLS", 8, 0);
	expect_text(LINK_SINGLE, peer, "and back");
	return peer;
}

static const char *certificate_at(int peer)
{
	return peer_state(peer, "connections.0.tls.client_certificate");
}

/* The module does not accept the server. */
static void expect_refusal(const char *options)
{
	int peer = peer_open("tls", options);
	at(link_line(LINK_SINGLE, "SSL", peer, ""), "ERROR");
	check(open_links() == 0, "a link is listed");
}

/* The server does not accept the module. */
static void expect_turned_away(const char *options)
{
	int peer = peer_open("tls", options);
	any(link_line(LINK_SINGLE, "SSL", peer, ""));
	if (said("OK"))
		urc("CLOSED", bench_ms("connect"));
	check(open_links() == 0, "a link is listed");
	check(peer_received(peer, 0) == 0, "the server has data of the module");
}

/* ---- settings ---- */

Test(cipsslcconf, has_a_line_for_each_link, REQ("CIPSSLCCONF-17"))
{
	given("AT+CIPMUX=1");
	read_settings(found);
	given("AT+CIPMUX=0");
}

Test(cipsslcconf, has_one_line_in_single_mode, REQ("CIPSSLCCONF-18"))
{
	at("AT+CIPSSLCCONF?", LIKE("+CIPSSLCCONF:0,<auth_mode>,<pki_number>,<ca_number>"), "OK");
}

Test(cipsslcconf, sets_all_links_with_5, REQ("CIPSSLCCONF-19"), TAGS("nvs"))
{
	struct setting now[LINKS];
	enter_settings();
	at("AT+CIPSSLCCONF=5,3,0,0", "OK");
	read_settings(now);
	for (int i = 0; i < LINKS; i++)
		check(now[i].mode == 3, "the mode of link %d is %d", i, now[i].mode);
	leave_settings();
}

Test(cipsslcconf, sets_one_link, REQ("CIPSSLCCONF-20"), TAGS("nvs"))
{
	struct setting now[LINKS];
	enter_settings();
	for (int link = 0; link < LINKS; link++) {
		given("AT+CIPSSLCCONF=5,0,0,0");
		at(fmt("AT+CIPSSLCCONF=%d,2,0,0", link), "OK");
		read_settings(now);
		for (int i = 0; i < LINKS; i++)
			check(now[i].mode == (i == link ? 2 : 0),
				"%d being set, the mode of link %d is %d", link, i, now[i].mode);
	}
	leave_settings();
}

Test(cipsslcconf, refuses_an_id_in_single_mode, REQ("CIPSSLCCONF-21"), TAGS("nvs"))
{
	ask("AT+CIPSSLCCONF?");
	const char *before = fmt("%s", line_text(0));
	at("AT+CIPSSLCCONF=0,2,0,0", "ERROR");
	ask("AT+CIPSSLCCONF?");
	check(strcmp(line_text(0), before) == 0, "\"%s\" becomes \"%s\"", before, line_text(0));
}

Test(cipsslcconf, refuses_no_id_in_multiple_mode, REQ("CIPSSLCCONF-21"), TAGS("nvs"))
{
	struct setting now[LINKS];
	enter_settings();
	at("AT+CIPSSLCCONF=2,0,0", "ERROR");
	read_settings(now);
	for (int i = 0; i < LINKS; i++)
		check(now[i].mode == 0, "the mode of link %d is %d", i, now[i].mode);
	leave_settings();
}

Test(cipsslcconf, finds_the_module_idle, REQ("CIPSSLCCONF-39"),
	TAGS("nvs issue:espressif/esp-at#283"))
{
	static const char *const before[] = { "AT+CIPSNTPTIME?", "AT+CIPSSLCCONF?", "AT+CIPMUX?" };
	enter_settings();
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		any(before[i]);
		at("AT+CIPSSLCCONF=4,0,0,0", "OK");
		no_urc("busy p...", 1);
	}
	leave_settings();
}

Test(cipsslcconf, outlives_the_power, REQ("CIPSSLCCONF-16"), TAGS("nvs needs:power"))
{
	struct setting now[LINKS];
	enter_settings();
	given("AT+CIPSSLCCONF=2,3,0,0");
	power_cycle();
	given("AT+CIPMUX=1");
	read_settings(now);
	check(now[2].mode == 3 && now[1].mode == 0, "the modes of links 1 and 2 are %d and %d",
		now[1].mode, now[2].mode);
	leave_settings();
}

/* ---- certificates ---- */

Test(cipsslcconf, takes_any_server_in_mode_0, REQ("CIPSSLCCONF-22"),
	TAGS("nvs needs:peers needs:tls needs:wrong_certificates"))
{
	static const char *const servers[] = { NULL, EXPIRED, WRONG, OTHER_CA };
	enter_mode("0,0,0");
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		expect_connection(servers[i]);
		given("AT+CIPCLOSE");
		forget_urcs();
	}
	leave_mode();
}

Test(cipsslcconf, sends_no_certificate_in_mode_0, REQ("CIPSSLCCONF-22"),
	TAGS("nvs needs:peers needs:tls"))
{
	enter_mode("0,0,0");
	int peer = expect_connection(ASKS);
	check(!*certificate_at(peer), "it sends \"%s\"", certificate_at(peer));
	leave_mode();
}

Test(cipsslcconf, sends_its_certificate_in_mode_1, REQ("CIPSSLCCONF-23"),
	TAGS("nvs needs:peers needs:tls"))
{
	enter_mode("1,0,0");
	int peer = expect_connection(REQUIRES);
	check(*certificate_at(peer), "it sends none");
	leave_mode();
}

Test(cipsslcconf, does_not_check_in_mode_1, REQ("CIPSSLCCONF-24"),
	TAGS("nvs needs:peers needs:tls needs:wrong_certificates"))
{
	enter_mode("1,0,0");
	expect_connection(OTHER_CA);
	leave_mode();
}

Test(cipsslcconf, takes_the_right_server_in_mode_2, REQ("CIPSSLCCONF-25"),
	TAGS("nvs needs:peers needs:tls"))
{
	enter_mode("2,0,0");
	expect_connection(NULL);
	leave_mode();
}

Test(cipsslcconf, refuses_another_ca_in_mode_2, REQ("CIPSSLCCONF-26"),
	TAGS("nvs needs:peers needs:tls needs:wrong_certificates"))
{
	enter_mode("2,0,0");
	expect_refusal(OTHER_CA);
	leave_mode();
}

Test(cipsslcconf, refuses_an_expired_server_in_mode_2, REQ("CIPSSLCCONF-27"),
	TAGS("nvs needs:peers needs:tls needs:wrong_certificates"))
{
	enter_mode("2,0,0");
	expect_refusal(EXPIRED);
	leave_mode();
}

Test(cipsslcconf, sends_no_certificate_in_mode_2, REQ("CIPSSLCCONF-28"),
	TAGS("nvs needs:peers needs:tls"))
{
	enter_mode("2,0,0");
	int peer = expect_connection(ASKS);
	check(!*certificate_at(peer), "it sends \"%s\"", certificate_at(peer));
	given("AT+CIPCLOSE");
	forget_urcs();
	expect_turned_away(REQUIRES);
	leave_mode();
}

Test(cipsslcconf, does_both_in_mode_3, REQ("CIPSSLCCONF-29"), TAGS("nvs needs:peers needs:tls"))
{
	enter_mode("3,0,0");
	int peer = expect_connection(REQUIRES);
	check(*certificate_at(peer), "it sends none");
	leave_mode();
}

Test(cipsslcconf, refuses_another_ca_in_mode_3, REQ("CIPSSLCCONF-30"),
	TAGS("nvs needs:peers needs:tls needs:wrong_certificates"))
{
	enter_mode("3,0,0");
	expect_refusal(OTHER_CA);
	expect_refusal(EXPIRED);
	leave_mode();
}

Test(cipsslcconf, is_turned_away_in_mode_0, REQ("CIPSSLCCONF-31"),
	TAGS("nvs needs:peers needs:tls"))
{
	enter_mode("0,0,0");
	expect_turned_away(REQUIRES);
	leave_mode();
}

Test(cipsslcconf, holds_for_the_next_connection, REQ("CIPSSLCCONF-32"),
	TAGS("nvs needs:peers needs:tls needs:wrong_certificates"))
{
	enter_mode("0,0,0");
	expect_connection(OTHER_CA);
	given("AT+CIPCLOSE");
	at("AT+CIPSSLCCONF=2,0,0", "OK");
	forget_urcs();
	expect_refusal(OTHER_CA);
	at("AT+CIPSSLCCONF=0,0,0", "OK");
	expect_connection(OTHER_CA);
	leave_mode();
}

Test(cipsslcconf, does_not_end_a_connection, REQ("CIPSSLCCONF-33"),
	TAGS("nvs needs:peers needs:tls needs:wrong_certificates"))
{
	enter_mode("0,0,0");
	int peer = expect_connection(OTHER_CA);
	any("AT+CIPSSLCCONF=2,0,0");
	send_text(LINK_SINGLE, "still open");
	peer_expect(peer, "still open", 10, 0);
	leave_mode();
}

Test(cipsslcconf, is_of_each_link, REQ("CIPSSLCCONF-34"),
	TAGS("nvs needs:peers needs:tls needs:wrong_certificates"))
{
	online();
	enter_settings();
	given("AT+CIPSSLCCONF=1,2,0,0");
	given("AT+CIPSSLCCONF=3,1,0,0");
	int stranger = peer_open("tls", OTHER_CA), strict = peer_open("tls", REQUIRES);
	at(link_line(1, "SSL", stranger, ""), "ERROR");
	at(link_line(0, "SSL", stranger, ""), "OK");
	given("AT+CIPCLOSE=0");
	at(link_line(3, "SSL", strict, ""), "OK");
	send_text(3, "over TLS");
	peer_expect(strict, "over TLS", 8, 0);
	any("AT+CIPCLOSE=5");
	leave_settings();
}

Test(cipsslcconf, uses_the_numbered_certificate, REQ("CIPSSLCCONF-35"),
	TAGS("nvs needs:peers needs:tls needs:control"))
{
	enter_mode("1,1,0");
	expect_turned_away(REQUIRES);
	leave_mode();
}

Test(cipsslcconf, uses_the_numbered_ca, REQ("CIPSSLCCONF-26"),
	TAGS("nvs needs:peers needs:tls needs:wrong_certificates needs:control"))
{
	enter_mode("2,0,1");
	expect_refusal(NULL);
	expect_connection(OTHER_CA);
	leave_mode();
}

/* Refused at once, or when a connection needs it. */
static void expect_not_stored(int peer, const char *setting)
{
	any(fmt("AT+CIPSSLCCONF=%s", setting));
	if (said("OK"))
		any(link_line(LINK_SINGLE, "SSL", peer, ""));
	check(said("ERROR"), "%s is taken, and used", setting);
	given("AT+CIPSSLCCONF=0,0,0");
}

Test(cipsslcconf, refuses_what_is_not_stored, REQ("CIPSSLCCONF-36"),
	TAGS("nvs needs:peers needs:tls"))
{
	enter_mode("0,0,0");
	int peer = peer_open("tls", NULL);
	expect_not_stored(peer, "2,0,7");
	expect_not_stored(peer, "2,0,200");
	expect_not_stored(peer, "1,7,0");
	expect_not_stored(peer, "1,200,0");
	leave_mode();
}

Test(cipsslcconf, decides_about_the_host, REQ("CIPSSLCCONF-38"),
	TAGS("nvs needs:peers needs:tls needs:wrong_certificates"))
{
	enter_mode("2,0,0");
	any(link_line(LINK_SINGLE, "SSL", peer_open("tls", WRONG), ""));
	any("AT+CIPCLOSE");
	forget_urcs();
	expect_connection(NULL);
	leave_mode();
}
