/* SPDX-License-Identifier: MIT */
/* The wire parser: what is sent ("> …") and received ("< …") against the pieces that come out. Each
 * session is parsed in one go, byte by byte, and cut in two at every place; '~' stands for NUL. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "pieces.h"

#include <criterion/criterion.h>
#include <string.h>

static void feed(struct line *l, struct pieces *p, const char *bytes, size_t len)
{
	struct line_piece piece;
	line_feed(l, bytes, len, 1);
	while (line_next(l, &piece))
		pieces_add(p, &piece);
}

/* Plays the session with received chunks cut: 0 never, 1 at every byte, n + 2 once, behind byte n
 * of all that is received. */
static void play(const char *const *steps, size_t cut, struct pieces *p, struct buf *received)
{
	struct line *l = line_create(&pieces_grammar);
	for (; *steps; steps++) {
		struct buf bytes AUTO_BUF = { 0 };
		for (const char *c = *steps + 2; *c; c++)
			buf_putc(&bytes, *c == '~' ? '\0' : *c);
		if (**steps == '>') {
			line_sent(l, bytes.data, bytes.len);
			continue;
		}
		size_t from = 0;
		for (size_t i = 1; i <= bytes.len; i++) {
			bool here = cut == 1 || received->len + i == cut - 1 || i == bytes.len;
			if (!here)
				continue;
			feed(l, p, bytes.data + from, i - from);
			from = i;
		}
		buf_append(received, bytes.data, bytes.len);
	}
	line_flush(l);
	feed(l, p, NULL, 0);
	line_destroy(l);
}

static size_t play_and_compare(const char *expected, const char *const *steps, size_t cut)
{
	struct pieces p = { 0 };
	struct buf received AUTO_BUF = { 0 };
	play(steps, cut, &p, &received);
	cr_assert_str_eq(pieces_text(&p), expected);
	cr_assert_eq(p.bytes.len, received.len);
	cr_assert_arr_eq(buf_text(&p.bytes), buf_text(&received), received.len);
	pieces_finish(&p);
	return received.len;
}

static void parses_all(const char *expected, const char *const *steps)
{
	size_t len = play_and_compare(expected, steps, 0);
	for (size_t cut = 1; cut < len + 2; cut++)
		play_and_compare(expected, steps, cut);
}

#define parses(expected, ...) parses_all(expected, (const char *const[]){ __VA_ARGS__, NULL })

Test(line, echo_and_final)
{
	parses("ECHO AT | . | FINAL+ OK", "> AT\r\n", "< AT\r\n\r\nOK\r\n");
}

Test(line, no_echo)
{
	parses(". | FINAL+ OK", "> AT\r\n", "< \r\nOK\r\n");
}

Test(line, information_lines)
{
	parses("INFO +CWMODE:1 | . | FINAL+ OK", "> AT+CWMODE?\r\n", "< +CWMODE:1\r\n\r\nOK\r\n");
}

Test(line, information_that_begins_as_an_echo_does)
{
	parses("ECHO AT+GMR | INFO AT version:2.0 | FINAL+ OK", "> AT+GMR\r\n",
		"< AT+GMR\r\nAT version:2.0\r\nOK\r\n");
	parses("INFO AT version:2.0 | FINAL+ OK", "> AT+GMR\r\n", "< AT version:2.0\r\nOK\r\n");
}

Test(line, blank_lines_anywhere)
{
	parses(". | . | ECHO AT | . | . | FINAL+ OK | .", "< \r\n\r\n", "> AT\r\n",
		"< AT\r\n\r\n\r\nOK\r\n\r\n");
}

Test(line, several_urcs_in_one_read)
{
	parses("URC WIFI CONNECTED | URC WIFI GOT IP | URC 3,CLOSED | URC Have 2 Connections",
		"< WIFI CONNECTED\r\nWIFI GOT IP\r\n3,CLOSED\r\nHave 2 Connections\r\n");
}

Test(line, urc_between_echo_and_response)
{
	parses("ECHO AT+CWMODE? | URC WIFI GOT IP | INFO +CWMODE:1 | FINAL+ OK", "> AT+CWMODE?\r\n",
		"< AT+CWMODE?\r\nWIFI GOT IP\r\n+CWMODE:1\r\nOK\r\n");
}

Test(line, urc_before_the_echo)
{
	parses("URC WIFI GOT IP | ECHO AT | FINAL+ OK", "> AT\r\n",
		"< WIFI GOT IP\r\nAT\r\nOK\r\n");
}

Test(line, echo_of_half_a_command_interrupted)
{
	parses("ECHO AT+CW | . | URC WIFI GOT IP | ECHO MODE? | FINAL+ OK", "> AT+CW",
		"< AT+CW\r\nWIFI GOT IP\r\n", "> MODE?\r\n", "< MODE?\r\nOK\r\n");
}

Test(line, echo_of_a_command_sent_in_parts)
{
	parses("ECHO AT+CWMODE? | FINAL+ OK", "> AT+CW", "< AT+", "> MODE?\r\n",
		"< CWMODE?\r\nOK\r\n");
}

Test(line, echo_of_a_command_without_end)
{
	parses("ECHO AT+CW", "> AT+CW", "< AT+CW");
}

Test(line, corrupted_echo_is_noise)
{
	parses("NOISE AT+CWMDE? | INFO +CWMODE:1 | FINAL+ OK", "> AT+CWMODE?\r\n",
		"< AT+CWMDE?\r\n+CWMODE:1\r\nOK\r\n");
	parses("NOISE AX | FINAL+ OK", "> AT\r\n", "< AX\r\nOK\r\n");
	parses("NOISE AT\\r | FINAL+ OK", "> AT\r\n", "< AT\r\r\nOK\r\n");
}

Test(line, echo_too_late_or_twice_is_noise)
{
	parses("FINAL+ OK | NOISE AT", "> AT\r\n", "< OK\r\nAT\r\n");
	parses("ECHO AT | NOISE AT | FINAL+ OK", "> AT\r\n", "< AT\r\nAT\r\nOK\r\n");
}

Test(line, response_that_repeats_the_value_is_no_echo)
{
	parses("INFO 2147483647 | FINAL+ OK", "> AT+GSLP=2147483647\r\n", "< 2147483647\r\nOK\r\n");
}

Test(line, two_commands_in_flight)
{
	parses("ECHO AT | FINAL+ OK | ECHO AT+GMR | INFO AT version:2 | FINAL+ OK",
		"> AT\r\nAT+GMR\r\n", "< AT\r\nOK\r\nAT+GMR\r\nAT version:2\r\nOK\r\n");
}

Test(line, busy_drops_the_second_command)
{
	parses("ECHO AT+GMR | URC busy p... | INFO AT version:2 | FINAL+ OK | FINAL+! OK",
		"> AT+GMR\r\nAT\r\n", "< AT+GMR\r\nbusy p...\r\nAT version:2\r\nOK\r\nOK\r\n");
}

Test(line, final_without_command)
{
	parses("FINAL+! OK | FINAL-! ERROR", "< OK\r\nERROR\r\n");
}

Test(line, second_final)
{
	parses("FINAL- ERROR | FINAL-! ERROR", "> AT+X\r\n", "< ERROR\r\nERROR\r\n");
}

Test(line, final_must_be_the_whole_line)
{
	parses("INFO OKAY | INFO OK  | INFO ok | FINAL+ OK", "> AT\r\n",
		"< OKAY\r\nOK \r\nok\r\nOK\r\n");
}

Test(line, unknown_line_in_idle_is_noise)
{
	parses("NOISE hello | FINAL+! OK", "< hello\r\nOK\r\n");
}

Test(line, link_id_is_digits)
{
	parses("NOISE foo,CLOSED | NOISE 1234,CLOSED | URC 4,CLOSED",
		"< foo,CLOSED\r\n1234,CLOSED\r\n4,CLOSED\r\n");
}

Test(line, nonsense_may_be_answered)
{
	parses("FINAL- ERROR", "> A\r\n", "< ERROR\r\n");
	parses("", "> \r\n");
	parses(". | FINAL- ERROR", "> \r\n", "< \r\nERROR\r\n");
}

Test(line, nonsense_takes_no_final_from_a_command)
{
	parses("FINAL+ OK | FINAL+ OK | FINAL+! OK", "> \r\n", "> AT\r\n", "< OK\r\n", "> AT\r\n",
		"< OK\r\nOK\r\n");
}

Test(line, zero_and_high_bytes)
{
	parses("INFO a\\0b\\x80\\xff | FINAL- ERROR", "> A\x80~T\r\n",
		"< a~b\x80\xff\r\nERROR\r\n");
	parses("ECHO AT\\0\\xff | FINAL- ERROR", "> AT~\xff\r\n", "< AT~\xff\r\nERROR\r\n");
	parses("NOISE \\0\\0 | NOISE \\xfe", "< ~~\r\n\xfe");
}

Test(line, prompt_with_and_without_line_end)
{
	parses("FINAL+ OK | PROMPT", "> AT+CIPSEND=4\r\n", "< OK\r\n>");
	parses(". | FINAL+ OK | . | PROMPT", "> AT+CIPSEND=4\r\n", "< \r\nOK\r\n\r\n>");
	parses("FINAL+ OK | PROMPT | .", "> AT+CIPSEND=4\r\n", "< OK\r\n>\r\n");
}

Test(line, prompt_only_behind_ok)
{
	parses("NOISE >", "< >");
	parses("FINAL- ERROR | NOISE >", "> AT+CIPSEND=4\r\n", "< ERROR\r\n>");
	parses("INFO > | FINAL+ OK", "> AT+GMR\r\n", "< >\r\nOK\r\n");
}

Test(line, prompt_after_a_urc)
{
	parses("FINAL+ OK | URC 1,CLOSED | PROMPT", "> AT+CIPSEND=4\r\n", "< OK\r\n1,CLOSED\r\n>");
}

Test(line, prompt_without_ok)
{
	parses("PROMPT | INFO Recv 2 bytes | FINAL+ SEND OK", "> AT+CIPSEND=2\r\n", "< >", "> ab",
		"< Recv 2 bytes\r\nSEND OK\r\n");
}

Test(line, data_behind_a_prompt_is_not_a_command)
{
	parses("FINAL+ OK | PROMPT | . | INFO Recv 4 bytes | . | FINAL+ SEND OK | FINAL+! OK",
		"> AT+CIPSEND=4\r\n", "< OK\r\n>", "> AT\r\n",
		"< \r\nRecv 4 bytes\r\n\r\nSEND OK\r\nOK\r\n");
}

Test(line, command_behind_counted_data)
{
	parses("FINAL+ OK | PROMPT | FINAL+ SEND OK | ECHO AT | FINAL+ OK", "> AT+CIPSEND=1,4\r\n",
		"< OK\r\n>", "> AT\r\nAT\r\n", "< SEND OK\r\nAT\r\nOK\r\n");
}

Test(line, data_ended_by_backslash_zero)
{
	parses("FINAL+ OK | PROMPT | FINAL+ SEND OK | FINAL+ OK", "> AT+CIPSENDEX=10\r\n",
		"< OK\r\n>", "> ab\\\\0c\\", "> 0AT\r\n", "< SEND OK\r\nOK\r\n");
}

Test(line, raw_publication)
{
	parses("FINAL+ OK | PROMPT | FINAL+ +MQTTPUB:OK | FINAL+ OK",
		"> AT+MQTTPUBRAW=0,\"a,b\",3,0,0\r\n", "< OK\r\n>", "> 123AT\r\n",
		"< +MQTTPUB:OK\r\nOK\r\n");
}

Test(line, ipd)
{
	parses(". | URC +IPD,4: | DATA[-1]4/4 ABCD", "< \r\n+IPD,4:ABCD");
	parses("URC +IPD,2,3: | DATA[2]3/3 x\\r\\n | URC 2,CLOSED", "< +IPD,2,3:x\r\n2,CLOSED\r\n");
	parses("URC +IPD,2,\"192.168.4.2\",25200: | DATA[-1]2/2 hi",
		"< +IPD,2,\"192.168.4.2\",25200:hi");
	parses("URC +IPD,1,2,192.168.4.2,80: | DATA[1]2/2 hi", "< +IPD,1,2,192.168.4.2,80:hi");
	parses("URC +IPD,1,2,\"fe80::1\",80: | DATA[1]2/2 hi", "< +IPD,1,2,\"fe80::1\",80:hi");
	parses("URC +IPD,0: | FINAL+! OK", "< +IPD,0:OK\r\n");
}

Test(line, ipd_holds_anything)
{
	parses("URC +IPD,0,15: | DATA[0]15/15 \\r\\nOK\\r\\n+IPD,1:\\0\\xff | FINAL+! OK",
		"< +IPD,0,15:\r\nOK\r\n+IPD,1:~\xffOK\r\n");
}

Test(line, ipd_notice)
{
	parses("URC +IPD,100 | . | URC +IPD,0,100 | FINAL+! OK",
		"< +IPD,100\r\n\r\n+IPD,0,100\r\nOK\r\n");
}

Test(line, damaged_ipd_is_a_line)
{
	parses("NOISE +IPD,abc:xy | NOISE +IPD,999999:a | NOISE +IPD,:a | NOISE +IPD,1,2,3,4,5:x",
		"< +IPD,abc:xy\r\n+IPD,999999:a\r\n+IPD,:a\r\n+IPD,1,2,3,4,5:x\r\n");
	parses("NOISE +IPD,4", "< +IPD,4");
}

Test(line, ipd_before_send_ok)
{
	parses("FINAL+ OK | PROMPT | URC +IPD,2: | DATA[-1]2/2 hi | FINAL+ SEND OK",
		"> AT+CIPSEND=2\r\n", "< OK\r\n>", "> hi", "< +IPD,2:hiSEND OK\r\n");
	parses("FINAL+ OK | PROMPT | URC +IPD,2: | DATA[-1]2/2 xy | FINAL+ SEND OK",
		"> AT+CIPSEND=2\r\n", "< OK\r\n>", "> h", "< +IPD,2:xy", "> i", "< SEND OK\r\n");
}

Test(line, received_data_read)
{
	parses("INFO +CIPRECVDATA:4, | DATA[-1]4/4 pass | . | FINAL+ OK", "> AT+CIPRECVDATA=4\r\n",
		"< +CIPRECVDATA:4,pass\r\nOK\r\n");
	parses("INFO +CIPRECVDATA,4: | DATA[-1]4/4 p\\r\\ns | FINAL+ OK", "> AT+CIPRECVDATA=4\r\n",
		"< +CIPRECVDATA,4:p\r\nsOK\r\n");
	parses("INFO +CIPRECVDATA,3,4: | DATA[3]4/4 p\\r\\ns | FINAL+ OK",
		"> AT+CIPRECVDATA=3,4\r\n", "< +CIPRECVDATA,3,4:p\r\nsOK\r\n");
	parses("NOISE +CIPRECVDATA:4,pass", "< +CIPRECVDATA:4,pass\r\n");
}

Test(line, received_data_read_with_address)
{
	parses("FINAL+ OK | INFO +CIPRECVDATA:2,\"10.0.0.1\",80, | DATA[-1]2/2 hi | . | FINAL+ OK",
		"> AT+CIPDINFO=1\r\n", "< OK\r\n", "> AT+CIPRECVDATA=4\r\n",
		"< +CIPRECVDATA:2,\"10.0.0.1\",80,hi\r\nOK\r\n");
}

Test(line, mqtt_message)
{
	parses("URC +MQTTSUBRECV:0,\"a/b\",4, | DATA[0]4/4 OK\\r\\n | .",
		"< +MQTTSUBRECV:0,\"a/b\",4,OK\r\n\r\n");
	parses("URC +MQTTSUBRECV:0,\"a\",b\",2, | DATA[0]2/2 hi",
		"< +MQTTSUBRECV:0,\"a\",b\",2,hi");
	parses("NOISE +MQTTSUBRECV:0,\"a", "< +MQTTSUBRECV:0,\"a");
	parses("URC +MQTTSUBRECV:0,\"a\",0, | . | FINAL+! OK",
		"< +MQTTSUBRECV:0,\"a\",0,\r\nOK\r\n");
	parses("URC +MQTTSUBRECV:0,\"a\",2, | DATA[0]2/2 hi | URC +MQTTSUBRECV:0,\"b\",1, | "
	       "DATA[0]1/1 x | .",
		"< +MQTTSUBRECV:0,\"a\",2,hi+MQTTSUBRECV:0,\"b\",1,x\r\n");
	parses("NOISE +MQTTSUBRECV:0,a,2,hi | NOISE +MQTTSUBRECV:0,\"a\",999999,x",
		"< +MQTTSUBRECV:0,a,2,hi\r\n+MQTTSUBRECV:0,\"a\",999999,x\r\n");
}

Test(line, mqtt_message_in_any_place)
{
	parses("ECHO AT+MQ | URC +MQTTSUBRECV:0,\"a\",2, | DATA[0]2/2 hi | . | ECHO TTSUB? | "
	       "INFO +MQTTSUB:0,6,\"a\",1 | FINAL+ OK",
		"> AT+MQTTSUB?\r\n",
		"< AT+MQ+MQTTSUBRECV:0,\"a\",2,hi\r\nTTSUB?\r\n+MQTTSUB:0,6,\"a\",1\r\nOK\r\n");
	parses("ECHO AT+ | . | URC +MQTTSUBRECV:0,\"a\",2, | DATA[0]2/2 hi | . | ECHO GMR | FINAL+ "
	       "OK",
		"> AT+GM", "< AT+\r\n+MQTTSUBRECV:0,\"a\",2,hi\r\nGM", "> R\r\n", "< R\r\nOK\r\n");
	parses("FINAL+ OK | . | URC +MQTTSUBRECV:0,\"a\",2, | DATA[0]2/2 >> | . | PROMPT | "
	       "URC +MQTTSUBRECV:0,\"a\",2, | DATA[0]2/2 OK | . | FINAL+ +MQTTPUB:OK",
		"> AT+MQTTPUBRAW=0,\"a\",2,0,0\r\n", "< OK\r\n\r\n+MQTTSUBRECV:0,\"a\",2,>>\r\n>",
		"> h", "< +MQTTSUBRECV:0,\"a\",2,OK\r\n", "> i", "< +MQTTPUB:OK\r\n");
	parses("INFO ERR CODE:0x01080002 | URC +MQTTSUBRECV:0,\"a\",2, | DATA[0]2/2 hi | . | "
	       "INFO ERR CODE:0x010a6044 | . | FINAL- ERROR",
		"> AT+MQTTPUB=0\r\n",
		"< ERR CODE:0x01080002\r\n+MQTTSUBRECV:0,\"a\",2,hi\r\nERR CODE:0x010a6044\r\n"
		"\r\nERROR\r\n");
	parses("FINAL+ OK | PROMPT | INFO Recv 2 bytes | INFO ERR CODE:0x010a600c | "
	       "FINAL- +MQTTPUB:FAIL",
		"> AT+MQTTPUBRAW=0,\"a\",2,0,0\r\n", "< OK\r\n>", "> hi",
		"< Recv 2 bytes\r\nERR CODE:0x010a600c\r\n+MQTTPUB:FAIL\r\n");
}

Test(line, passthrough)
{
	parses("FINAL+ OK | PROMPT | DATA \\r\\nOK\\r\\n>late | . | FINAL+ OK", "> AT+CIPSEND\r\n",
		"< OK\r\n>", "> AT\r\n+++x", "< \r\nOK\r\n>", "> +++", "< late", "> AT\r\n",
		"< \r\nOK\r\n");
	parses("FINAL+ OK | PROMPT | DATA x | FINAL+ OK", "> AT+CIPSEND\r\n", "< OK\r\n>", "> +",
		"> ++", "< x", "> AT\r\n", "< OK\r\n");
}

Test(line, quitting_a_passthrough)
{
	parses("ECHO AT+CIPSEND | FINAL+ OK | PROMPT | DATA a\\r\\nb | . | URC +QUITT | "
	       ". | URC +IPD,2: | DATA[-1]2/2 hi | ECHO AT | FINAL+ OK",
		"> AT+CIPSEND\r\n", "< AT+CIPSEND\r\nOK\r\n>", "> +++",
		"< a\r\nb\r\n+QUITT\r\n\r\n+IPD,2:hi", "> AT\r\n", "< AT\r\nOK\r\n");
	parses("FINAL+ OK | PROMPT | DATA xCLOSED | . | URC CLOSED | DATA \\r\\n>",
		"> AT+CIPSEND\r\n", "< OK\r\n>", "> +++", "< xCLOSED\r\nCLOSED\r\n\r\n>");
}

Test(line, start_into_a_saved_passthrough)
{
	parses("FINAL+ OK | FINAL+ OK | NOISE boot | . | URC ready | URC WIFI CONNECTED | "
	       "DATA WIFI tap\\r\\nready\\r\\n",
		"> AT+SAVETRANSLINK=1,\"1.2.3.4\",80\r\n", "< OK\r\n", "> AT+RST\r\n",
		"< OK\r\nboot\r\n\r\nready\r\nWIFI CONNECTED\r\n", "> AT\r\n",
		"< WIFI tap\r\nready\r\n");
	parses("FINAL+ OK | FINAL+ OK | URC ready | . | URC OK | . | PROMPT | DATA OK\\r\\n",
		"> AT+SAVETRANSLINK=1,\"1.2.3.4\",80\r\n", "< OK\r\n", "> AT+RST\r\n",
		"< OK\r\nready\r\n\r\nOK\r\n\r\n>OK\r\n");
	parses("FINAL+ OK | FINAL+ OK | URC ready | ECHO AT | FINAL+ OK",
		"> AT+SAVETRANSLINK=0\r\n", "< OK\r\n", "> AT+RST\r\n", "< OK\r\nready\r\n",
		"> AT\r\n", "< AT\r\nOK\r\n");
}

Test(line, ipd_in_the_middle_of_an_echo)
{
	parses("ECHO AT+G | . | URC +IPD,0,2: | DATA[0]2/2 hi | ECHO MR | INFO v | FINAL+ OK",
		"> AT+GMR\r\n", "< AT+G\r\n+IPD,0,2:hiMR\r\nv\r\nOK\r\n");
	parses("ECHO AT+ | URC +IPD,2: | DATA[-1]2/2 hi | ECHO GMR | FINAL+ OK", "> AT+GM",
		"< AT++IPD,2:hiGM", "> R\r\n", "< R\r\nOK\r\n");
	parses("NOISE AT+G | FINAL+ OK", "> AT+GMR\r\n", "< AT+G\r\nOK\r\n");
}

Test(line, restart_by_command)
{
	parses("FINAL+ OK | NOISE \\xff>\\xfe | NOISE >+IPD,3:abc | URC ready | FINAL+ OK",
		"> AT+RST\r\n", "< OK\r\n\xff>\xfe\r\n>+IPD,3:abc\r\nready\r\n", "> AT\r\n",
		"< OK\r\n");
}

Test(line, commands_sent_into_a_restart_may_be_answered)
{
	parses("FINAL+ OK | URC ready | FINAL+ OK | FINAL+ OK | FINAL+! OK", "> AT+RST\r\n",
		"< OK\r\n", "> AT\r\n", "< ready\r\n", "> AT\r\n", "< OK\r\nOK\r\nOK\r\n");
}

Test(line, noise_without_line_end)
{
	parses("NOISE \\xf0\\x80\\0\\x1f\\xaa", "< \xf0\x80~\x1f\xaa");
}

Test(line, line_feed_alone_ends_a_line)
{
	parses("FINAL+ OK | .", "> AT\r\n", "< OK\n\n");
}

Test(line, over_long_command_may_be_answered_twice)
{
	char sent[310] = "> AT";
	memset(sent + 4, 'X', 300);
	strcpy(sent + 304, "\r\n");
	parses("FINAL- ERROR | FINAL- ERROR", sent, "< ERROR\r\nERROR\r\n");
}

Test(line, over_long_command_may_be_echoed_in_parts)
{
	char sent[310] = "> AT";
	char received[400] = "< AT";
	char expected[400] = "ECHO AT";
	memset(sent + 4, 'X', 300);
	strcpy(sent + 304, "\r\n");
	memset(received + 4, 'X', 254);
	strcpy(received + 258, "\r\nERROR\r\n");
	memset(received + 267, 'X', 46);
	strcpy(received + 313, "\r\nERROR\r\n");
	memset(expected + 7, 'X', 254);
	strcpy(expected + 261, " | FINAL- ERROR | ECHO ");
	memset(expected + 284, 'X', 46);
	strcpy(expected + 330, " | FINAL- ERROR");
	parses(expected, sent, received);
}

Test(line, line_without_end_comes_in_bounded_pieces)
{
	static char flood[3 * LINE_MAX_BYTES];
	memset(flood, 'x', sizeof(flood));
	struct line *l = line_create(&pieces_grammar);
	struct pieces p = { 0 };
	for (int i = 0; i < 1000; i++)
		feed(l, &p, flood, sizeof(flood));
	cr_assert_eq(p.counts[LINE_NOISE], 3000);
	feed(l, &p, "tail\r\nready\r\n", 13);
	cr_assert_eq(p.counts[LINE_NOISE], 3001);
	cr_assert_eq(p.counts[LINE_URC], 1);
	cr_assert_eq(p.bytes.len, 1000 * sizeof(flood) + 13);
	pieces_finish(&p);
	line_destroy(l);
}

Test(line, pieces_know_command_time_and_place)
{
	struct line *l = line_create(&pieces_grammar);
	struct line_piece piece;
	line_sent(l, "AT+GMR\r\n", 8);
	cr_assert(line_pending(l));
	line_feed(l, "AT version:2\r\n+IPD,3,4:ab", 25, 77);
	cr_assert(line_next(l, &piece));
	cr_assert_str_eq(piece.command, "AT+GMR");
	cr_assert_eq(piece.t_ns, 77);
	cr_assert(line_next(l, &piece));
	cr_assert_eq(piece.kind, LINE_URC);
	cr_assert_null(piece.command);
	cr_assert_eq(piece.total, 4);
	cr_assert(line_next(l, &piece));
	cr_assert_eq(piece.link, 3);
	cr_assert_eq(piece.offset, 0);
	cr_assert_eq(line_payload_left(l), 2);
	line_reset(l);
	cr_assert_not(line_pending(l));
	cr_assert_eq(line_payload_left(l), 0);
	line_destroy(l);
}

Test(line, outstanding_commands_are_named)
{
	struct line *l = line_create(&pieces_grammar);
	const char *first;
	line_sent(l, "nonsense\r\nAT+A\r\nAT+B\r\nAT+C", 26);
	cr_assert_eq(line_outstanding(l, &first), 2);
	cr_assert_str_eq(first, "AT+A");
	line_excuse(l);
	cr_assert_eq(line_outstanding(l, &first), 0);
	cr_assert_null(first);
	cr_assert(line_pending(l));
	line_destroy(l);
}

Test(line, many_commands_in_flight_stay_bounded)
{
	struct line *l = line_create(&pieces_grammar);
	struct pieces p = { 0 };
	for (int i = 0; i < 100; i++)
		line_sent(l, "AT\r\n", 4);
	for (int i = 0; i < 101; i++)
		feed(l, &p, "OK\r\n", 4);
	cr_assert_eq(p.counts[LINE_FINAL], 101);
	cr_assert_not_null(strstr(pieces_text(&p), "FINAL+! OK"));
	cr_assert_null(strstr(strstr(pieces_text(&p), "FINAL+! OK") + 1, "FINAL+! OK"));
	pieces_finish(&p);
	line_destroy(l);
}
