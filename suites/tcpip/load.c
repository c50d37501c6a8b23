/* SPDX-License-Identifier: MIT */
/* Integrity under load: as much as the line carries, on five links, in both directions at a time,
 * every byte compared in its order, for about a second a rate. */
#include "base/pattern.h"
#include "data.h"

static bool paced;

static bool pace_is_on(void)
{
	control("{\"get\":\"pace\"}");
	return strcmp(told("value"), "true") == 0;
}

/* The virtual module takes its time only when it is told to; a real line has its own. */
static void pace(bool on)
{
	if (!has("control"))
		return;
	paced = pace_is_on();
	control(fmt("{\"set\":{\"pace\":%s}}", on ? "true" : "false"));
}

/* As it was before pace(). */
static void pace_as_before(void)
{
	if (has("control"))
		control(fmt("{\"set\":{\"pace\":%s}}", paced ? "true" : "false"));
}

static void enter_rate(int64_t baud)
{
	given(fmt("AT+UART_CUR=%lld,8,1,0,0", (long long)baud));
	host_baud(baud);
	resync();
	pace(true);
}

static void leave_rate(void)
{
	pace_as_before();
	given(fmt("AT+UART_CUR=%lld,8,1,0,0", (long long)bench_baud()));
	host_baud(bench_baud());
	resync();
}

/* Enough for what is under way on a slow line. */
static int patience_ms(void)
{
	return 4 * bench_ms("answer");
}

/* Each link sends blocks of its own pattern, and gets them back. */
static void echo_on_five_links(unsigned blocks, size_t len)
{
	int peer = enter_links(LINKS, "tcp-echo", NULL);
	uint8_t block[BLOCK_MAX];
	for (int link = 0; link < LINKS; link++)
		ipd_follow(link, (uint64_t)link + 1, 0);
	for (unsigned i = 0; i < blocks; i++) {
		for (int link = 0; link < LINKS; link++) {
			pattern_fill((uint64_t)link + 1, (uint64_t)i * len, block, len);
			send_data(send_line("AT+CIPSEND", link, len), block, len);
		}
	}
	for (int link = 0; link < LINKS; link++) {
		ipd_until(link, (uint64_t)blocks * len, patience_ms());
		check(peer_received(peer, link) == (int64_t)(blocks * len),
			"the peer of link %d got %lld bytes", link,
			(long long)peer_received(peer, link));
	}
	leave_multi();
}

Test(ipd, echoes_on_five_links_at_115200, REQ("IPD-25", "IPD-23", "CIPSEND-19"),
	TAGS("needs:peers needs:baudrate:115200 uart"))
{
	enter_rate(115200);
	echo_on_five_links(1, BLOCK_MAX);
	leave_rate();
}

Test(ipd, echoes_on_five_links_at_921600, REQ("IPD-25", "IPD-23", "CIPSEND-19"),
	TAGS("needs:peers needs:baudrate:921600 uart"))
{
	enter_rate(921600);
	echo_on_five_links(5, BLOCK_MAX);
	leave_rate();
}

Test(ipd, echoes_on_five_links_at_5000000, REQ("IPD-25", "IPD-23", "CIPSEND-19"),
	TAGS("needs:peers needs:baudrate:5000000 uart"))
{
	enter_rate(5000000);
	echo_on_five_links(15, BLOCK_MAX);
	leave_rate();
}

Test(ipd, echoes_on_five_links_unpaced, REQ("IPD-25", "IPD-23", "CIPSEND-19"),
	TAGS("needs:peers needs:control"))
{
	pace(false);
	echo_on_five_links(60, BLOCK_MAX);
	pace_as_before();
}

Test(ipd, echoes_small_blocks_on_five_links, REQ("IPD-25", "IPD-23", "CIPSEND-40"),
	TAGS("needs:peers"))
{
	echo_on_five_links(40, 33);
}

Test(ipd, hands_out_all_at_2000000, REQ("IPD-25"),
	TAGS("needs:peers needs:baudrate:2000000 uart issue:espressif/esp-at#455"))
{
	enter_rate(2000000);
	int peer = enter_links(LINKS, "tcp", NULL);
	for (int link = 0; link < LINKS; link++)
		ipd_follow(link, (uint64_t)link + 30, 0);
	for (int link = 0; link < LINKS; link++)
		peer_send_pattern(peer, link, (uint64_t)link + 30, 0, 20000);
	for (int link = 0; link < LINKS; link++)
		ipd_until(link, 20000, patience_ms());
	leave_multi();
	leave_rate();
}

Test(ipd, hands_out_all_unpaced, REQ("IPD-25"), TAGS("needs:peers needs:control"))
{
	pace(false);
	int peer = enter_links(LINKS, "tcp", NULL);
	for (int link = 0; link < LINKS; link++)
		ipd_follow(link, (uint64_t)link + 40, 0);
	for (int link = 0; link < LINKS; link++)
		peer_send_pattern(peer, link, (uint64_t)link + 40, 0, 1000000);
	for (int link = 0; link < LINKS; link++)
		ipd_until(link, 1000000, patience_ms());
	leave_multi();
	pace_as_before();
}

Test(cipsend, loses_nothing_at_115200, REQ("CIPSEND-19", "CIPSEND-22"),
	TAGS("needs:peers needs:baudrate:115200 uart issue:espressif/esp-at#455"))
{
	enter_rate(115200);
	int peer = enter_linked("tcp", NULL);
	for (unsigned i = 0; i < 4; i++)
		send_through(LINK_SINGLE, peer, 0, some_bytes(i, BLOCK_MAX), BLOCK_MAX);
	leave_single();
	leave_rate();
}

Test(ipd, hands_out_long_blocks_at_115200, REQ("IPD-25", "IPD-9"),
	TAGS("needs:peers needs:baudrate:115200 uart issue:espressif/esp-at#270 "
	     "issue:kaluma-project/kaluma#389"))
{
	enter_rate(115200);
	int peer = enter_linked("tcp", NULL);
	for (unsigned i = 0; i < 2; i++) {
		peer_send(peer, some_bytes(i, 2915), 2915);
		ipd(LINK_SINGLE, some_bytes(i, 2915), 2915, 0);
		peer_send(peer, some_bytes(i, 497), 497);
		ipd(LINK_SINGLE, some_bytes(i, 497), 497, 0);
	}
	leave_single();
	leave_rate();
}

/* The line is slow: most of it still waits in the module when the peer closes. */
Test(ipd, comes_before_the_end_at_115200, REQ("IPD-12"),
	TAGS("needs:peers needs:baudrate:115200 uart issue:espressif/ESP8266_NONOS_SDK#124"))
{
	enter_rate(115200);
	int peer = enter_linked("tcp", NULL);
	peer_send(peer, some_text(1, 5000), 5000);
	peer_close(peer, 0, "fin");
	ipd(LINK_SINGLE, some_text(1, 5000), 5000, 0);
	urc("CLOSED", 0);
	leave_single();
	leave_rate();
}

/* Frames of 450 bytes, some 40 ms apart, and all at once. */
Test(cipsend, loses_nothing_in_passthrough_at_460800, REQ("CIPSEND-32", "IPD-8", "IPD-25"),
	TAGS("needs:peers needs:baudrate:460800 uart issue:espressif/esp-at#444"))
{
	enum { ALL = 27000, FRAME = 450, SPACED = 8 * FRAME };
	static uint8_t bytes[FRAME];
	enter_rate(460800);
	enter_single();
	int peer = peer_open("tcp-echo", NULL);
	enter_passthrough("TCP", peer, "");
	ipd_follow(LINK_PASS, 50, 0);
	for (size_t done = 0; done < ALL; done += FRAME) {
		pattern_fill(50, done, bytes, FRAME);
		passthrough_send(bytes, FRAME);
		if (done < SPACED)
			listen_for(40);
	}
	ipd_until(LINK_PASS, ALL, patience_ms());
	check(peer_received(peer, 0) == ALL, "the peer got %lld bytes",
		(long long)peer_received(peer, 0));
	passthrough_end();
	leave_passthrough();
	leave_rate();
}
