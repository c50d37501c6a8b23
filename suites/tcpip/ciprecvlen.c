/* SPDX-License-Identifier: MIT */
/* AT+CIPRECVLEN: how much is kept, link by link. */
#include "data.h"

/* Five places; a link that is not used has none or 0, a fifth comma may stand at the end. */
static const char *lengths_line(int a, int b, int c, int d, int e)
{
	const int lengths[] = { a, b, c, d, e };
	const char *line = RE("\\+CIPRECVLEN:");
	for (int i = 0; i < 5; i++)
		line = lengths[i] ? fmt("%s%s%d", line, i ? "," : "", lengths[i])
				  : fmt("%s%s0?", line, i ? "," : "");
	return fmt("%s,?", line);
}

Test(ciprecvlen, counts_what_is_kept, REQ("CIPRECVLEN-2"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(2, "tcp", NULL);
	feed(peer, 0, 0, some_bytes(1, 1000), 1000);
	feed(peer, 1, 1, some_bytes(1, 300), 300);
	check(kept(0) == 1000 && kept(1) == 300, "%lld and %lld bytes are shown",
		(long long)kept(0), (long long)kept(1));
	leave_passive_links();
}

Test(ciprecvlen, takes_nothing_away, REQ("CIPRECVLEN-10"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, some_bytes(1, 1000), 1000);
	for (int i = 0; i < 3; i++)
		check(kept(LINK_SINGLE) == 1000, "%lld bytes are shown",
			(long long)kept(LINK_SINGLE));
	recvdata("AT+CIPRECVDATA=1000", some_bytes(1, 1000), 1000);
	leave_passive();
}

Test(ciprecvlen, shows_the_links_in_order, REQ("CIPRECVLEN-3", "CIPRECVLEN-1"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(LINKS, "tcp", NULL);
	for (int link = LINKS - 1; link >= 0; link--)
		feed(peer, link, link, some_bytes(2, 500), 100 + (size_t)link);
	at("AT+CIPRECVLEN?", lengths_line(100, 101, 102, 103, 104), "OK");
	leave_passive_links();
}

Test(ciprecvlen, has_nothing_for_unused_links, REQ("CIPRECVLEN-4", "CIPRECVLEN-1"),
	TAGS("needs:peers"))
{
	enter_multi();
	at("AT+CIPRECVLEN?", lengths_line(0, 0, 0, 0, 0), "OK");
	leave_multi();
	enter_passive();
	enter_multi();
	int peer = peer_open("tcp", NULL);
	start_link(1, "TCP", peer);
	start_link(3, "TCP", peer);
	feed(peer, 0, 1, "hello", 5);
	at("AT+CIPRECVLEN?", lengths_line(0, 5, 0, 0, 0), "OK");
	leave_passive_links();
}

Test(ciprecvlen, has_five_places_in_single_mode, REQ("CIPRECVLEN-5"), TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, "hello", 5);
	at("AT+CIPRECVLEN?", lengths_line(5, 0, 0, 0, 0), "OK");
	leave_passive();
}

Test(ciprecvlen, follows_reading_and_arriving, REQ("CIPRECVLEN-6", "CIPRECVLEN-2"),
	TAGS("needs:peers"))
{
	int peer = enter_passive_linked("tcp", NULL);
	feed(peer, 0, LINK_SINGLE, some_bytes(3, 100), 100);
	recvdata("AT+CIPRECVDATA=30", some_bytes(3, 100), 30);
	check(kept(LINK_SINGLE) == 70, "%lld bytes are shown", (long long)kept(LINK_SINGLE));
	feed(peer, 0, LINK_SINGLE, some_bytes(4, 50), 50);
	check(kept(LINK_SINGLE) == 120, "%lld bytes are shown", (long long)kept(LINK_SINGLE));
	recvdata("AT+CIPRECVDATA=70", some_bytes(3, 100) + 30, 70);
	recvdata("AT+CIPRECVDATA=100", some_bytes(4, 50), 50);
	check(kept(LINK_SINGLE) == 0, "%lld bytes are shown", (long long)kept(LINK_SINGLE));
	leave_passive();
}

Test(ciprecvlen, counts_nothing_in_active_mode, REQ("CIPRECVLEN-7"), TAGS("needs:peers"))
{
	int peer = enter_links(2, "tcp", NULL);
	peer_send_on(peer, 1, "hello", 5);
	check(comes(1, 5, bench_ms("answer")), "nothing comes");
	check(kept(1) == 0 && kept(0) == 0, "%lld bytes are shown", (long long)kept(1));
	leave_multi();
}

Test(ciprecvlen, counts_encrypted_data_over_ssl, REQ("CIPRECVLEN-8"), TAGS("needs:peers needs:tls"))
{
	enter_passive();
	int peer = peer_open("tls", NULL);
	start_link(LINK_SINGLE, "SSL", peer);
	peer_send(peer, some_bytes(5, 1000), 1000);
	int64_t end = clock_ms() + bench_ms("answer");
	while (kept(LINK_SINGLE) <= 1000 && clock_ms() < end)
		look_again(2);
	check(kept(LINK_SINGLE) > 1000, "%lld bytes are shown for 1000",
		(long long)kept(LINK_SINGLE));
	leave_passive();
}

Test(ciprecvlen, counts_on_after_a_disconnection, REQ("CIPRECVLEN-9"), TAGS("needs:peers"))
{
	int peer = enter_passive_links(2, "tcp", NULL);
	feed(peer, 1, 1, "hello", 5);
	peer_close(peer, 1, "fin");
	listen_for(bench_ms("silence"));
	check(kept(1) == 5, "%lld bytes are shown", (long long)kept(1));
	any("AT+CIPCLOSE=1");
	check(kept(1) == 0, "%lld bytes are shown after AT+CIPCLOSE", (long long)kept(1));
	leave_passive_links();
}
