/* SPDX-License-Identifier: MIT */
/* Stands in for the suite program: speaks the rig's protocol as the Criterion parent and as its
 * workers. The last part of a case's name says how it behaves. */
#include "base/channel.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 64, WAIT_MS = 2000 };

static char message[CHANNEL_SIZE + 1];

static void send_text(int fd, enum channel_type type, const char *text)
{
	channel_send(fd, type, text, strlen(text));
}

static void say_verdict(int fd, const char *verdict, const char *text)
{
	char json[512];
	snprintf(json, sizeof(json),
		"{\"verdict\":\"%s\",\"message\":\"%s\",\"file\":\"fake.c\",\"at\":7,"
		"\"expected\":\"OK\",\"actual\":\"\"}",
		verdict, text);
	send_text(fd, CHANNEL_VERDICT, json);
}

/* Leaves as a worker does that the rig has told to. */
static void obey_abort(int fd)
{
	say_verdict(
		fd, strstr(message + 1, "\"error\"") ? "error" : "inconclusive", "told to leave");
	exit(1);
}

/* One message of this type; others are passed over. */
static ssize_t expect(int fd, enum channel_type type, int timeout_ms)
{
	struct deadline deadline = deadline_in_ms(timeout_ms);
	for (;;) {
		ssize_t n = channel_receive(fd, message, deadline_left_ms(deadline));
		if (n == -EPIPE)
			exit(3);
		if (n < 0)
			return -1;
		if (message[0] == (char)type)
			return n;
		if (message[0] == CHANNEL_ABORT)
			obey_abort(fd);
	}
}

static void fail(int fd, const char *why)
{
	say_verdict(fd, "fail", why);
	exit(1);
}

/* Sends and reads until this text has come. */
static void ask(int fd, const char *command, const char *wanted)
{
	static char got[1 << 17];
	size_t len = 0;
	struct deadline deadline = deadline_in_ms(WAIT_MS);
	channel_send(fd, CHANNEL_TX, command, strlen(command));
	while (len + CHANNEL_SIZE < sizeof(got)) {
		ssize_t n = expect(fd, CHANNEL_RX, deadline_left_ms(deadline));
		if (n < 8)
			fail(fd, "no answer");
		memcpy(got + len, message + 9, (size_t)n - 8);
		len += (size_t)n - 8;
		if (memmem(got, len, wanted, strlen(wanted)))
			return;
	}
	fail(fd, "too much");
}

static void ask_rig(int fd, enum channel_type type, const char *json)
{
	send_text(fd, type, json);
	if (expect(fd, CHANNEL_ACK, 5000) < 0 || !strstr(message + 1, "true"))
		fail(fd, "the rig refused");
}

static void hang(void)
{
	signal(SIGTERM, SIG_IGN);
	for (;;)
		pause();
}

static void do_pass(int fd)
{
	ask(fd, "AT\r\n", "OK\r\n");
	say_verdict(fd, "pass", "");
}

static void do_fail(int fd)
{
	ask(fd, "AT\r\n", "OK\r\n");
	fail(fd, "as planned");
}

static void do_crash(int fd)
{
	ask(fd, "AT\r\n", "OK\r\n");
	raise(SIGKILL);
}

static void do_exit_zero(int fd)
{
	ask(fd, "AT\r\n", "OK\r\n");
	exit(0);
}

static void do_hang(int fd)
{
	(void)fd;
	hang();
}

static void do_verdict_then_crash(int fd)
{
	do_pass(fd);
	raise(SIGKILL);
}

static void do_deviation(int fd)
{
	ask(fd, "AT\r\n", "OK\r\n");
	send_text(fd, CHANNEL_DEVIATION,
		"{\"id\":\"FAKE-D1\",\"requirement\":\"FAKE-1\",\"source\":\"a book\","
		"\"command\":\"AT\",\"expected\":\"a\",\"actual\":\"b\"}");
	say_verdict(fd, "pass", "");
}

static void do_requests(int fd)
{
	send_text(fd, CHANNEL_NOTE, "{\"text\":\"a note\"}");
	send_text(fd, CHANNEL_TOLERATE, "{\"on\":true,\"why\":\"rates\"}");
	ask(fd, "AT+UART_CUR=9600,8,1,0,0\r\n", "OK\r\n");
	ask_rig(fd, CHANNEL_UART, "{\"baud\":9600,\"parity\":\"none\",\"stopbits\":1}");
	ask(fd, "AT+UART_CUR=115200,8,1,0,0\r\n", "OK\r\n");
	ask_rig(fd, CHANNEL_UART, "{\"baud\":115200}");
	send_text(fd, CHANNEL_TOLERATE, "{\"on\":false,\"why\":\"\"}");
	do_pass(fd);
}

static void do_reset(int fd)
{
	ask_rig(fd, CHANNEL_RESET, "{\"how\":\"reset\"}");
	do_pass(fd);
}

static void do_control(int fd)
{
	ask_rig(fd, CHANNEL_CONTROL, "{\"set\":{\"images\":2}}");
	do_pass(fd);
}

/* Reads nothing while the IUT sends as fast as it can. */
static void do_flood(int fd)
{
	channel_send(fd, CHANNEL_TX, "AT+FLOOD\r\n", 10);
	hang();
}

static void do_drink(int fd)
{
	channel_send(fd, CHANNEL_TX, "AT+FLOOD\r\n", 10);
	for (;;)
		expect(fd, CHANNEL_RX, 10000);
}

static void do_die(int fd)
{
	ask(fd, "AT+DIE\r\n", "never comes");
}

static void do_double(int fd)
{
	ask(fd, "AT+DOUBLE\r\n", "OK\r\n");
	say_verdict(fd, "pass", "");
}

static void do_double_excused(int fd)
{
	ask(fd, "AT+DOUBLE\r\n", "OK\r\n");
	say_verdict(fd, "unequipped", "no such thing here");
}

static void do_echo_off(int fd)
{
	ask(fd, "ATE0\r\n", "OK\r\n");
	say_verdict(fd, "pass", "");
}

static void do_lost_rate(int fd)
{
	ask(fd, "AT+UART_CUR=9600,8,1,0,0\r\n", "OK\r\n");
	fail(fd, "left at another rate");
}

static void do_stuck(int fd)
{
	ask(fd, "AT+DATA\r\n", "OK\r\n");
	fail(fd, "left in data mode");
}

static void do_prompt(int fd)
{
	ask(fd, "AT+PROMPT\r\n", "OK\r\n");
	fail(fd, "left at a data prompt");
}

static void do_deaf(int fd)
{
	ask(fd, "AT+DEAF\r\n", "OK\r\n");
	fail(fd, "left deaf");
}

/* The command that the virtual module's faults for recovery are of. */
static void do_sysram(int fd)
{
	ask(fd, "AT+SYSRAM?\r\n", "OK\r\n");
	say_verdict(fd, "pass", "");
}

/* Sends more than the IUT reads. */
static void do_pour(int fd)
{
	static char bytes[32768];
	memset(bytes, 'x', sizeof(bytes));
	ask(fd, "AT+DEAF\r\n", "OK\r\n");
	for (;;)
		channel_send(fd, CHANNEL_TX, bytes, sizeof(bytes));
}

static void do_ping(int fd)
{
	int64_t since = clock_ns();
	for (int i = 0; i < 2000; i++)
		ask(fd, "AT\r\n", "OK\r\n");
	char text[80];
	snprintf(text, sizeof(text), "{\"text\":\"exchange %lld ns\"}",
		(long long)(clock_ns() - since) / 2000);
	send_text(fd, CHANNEL_NOTE, text);
	say_verdict(fd, "pass", "");
}

/* One request about peers; the answer stands in message + 1. */
static void ask_peer(int fd, const char *json, const char *wanted)
{
	send_text(fd, CHANNEL_PEER, json);
	if (expect(fd, CHANNEL_PEER, 10000) < 0 || !strstr(message + 1, wanted))
		fail(fd, "the peers did not answer as they should");
}

/* Connects to the server that was opened last, as a module would. */
static int visit(int fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	char address[46] = "";
	int port = 0;
	const char *text = strstr(message + 1, "\"address\":\"");
	const char *number = strstr(message + 1, "\"port\":");
	if (!text || !number || sscanf(text, "\"address\":\"%45[^\"]", address) != 1 ||
		sscanf(number, "\"port\":%d", &port) != 1 ||
		inet_pton(AF_INET, address, &at.sin_addr) != 1)
		fail(fd, "the answer has no address");
	at.sin_port = htons((uint16_t)port);
	int module = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(module, (struct sockaddr *)&at, sizeof(at)) < 0)
		fail(fd, "can't connect to the peer");
	return module;
}

static int open_echo(int fd)
{
	ask_peer(fd, "{\"do\":\"open\",\"kind\":\"tcp-echo\"}", "\"ok\":true");
	int module = visit(fd);
	ask_peer(fd, "{\"do\":\"wait\",\"peer\":0,\"for\":\"connect\",\"timeout_ms\":2000}",
		"\"reached\":true");
	return module;
}

static void do_peer(int fd)
{
	char got[8] = "";
	int module = open_echo(fd);
	if (write(module, "a\0\377\"", 4) != 4 || recv(module, got, 4, MSG_WAITALL) != 4 ||
		memcmp(got, "a\0\377\"", 4) != 0)
		fail(fd, "no echo");
	close(module);
	ask_peer(fd, "{\"do\":\"wait\",\"peer\":0,\"for\":\"close\",\"timeout_ms\":2000}",
		"\"closed\":\"fin\"");
	do_pass(fd);
}

/* Leaves everything open. */
static void do_peer_crash(int fd)
{
	open_echo(fd);
	do_crash(fd);
}

static void do_peer_hang(int fd)
{
	open_echo(fd);
	hang();
}

/* More than is kept, in both directions. */
static void do_peer_bulk(int fd)
{
	static char bytes[200000];
	int module = open_echo(fd);
	memset(bytes, 'b', sizeof(bytes));
	for (size_t at = 0; at < sizeof(bytes); at += 50000)
		if (write(module, bytes, 50000) != 50000 ||
			recv(module, bytes, 50000, MSG_WAITALL) != 50000)
			fail(fd, "no echo");
	do_pass(fd);
}

/* Asks for what it does not read. */
static void do_peer_deaf(int fd)
{
	ask_peer(fd, "{\"do\":\"open\",\"kind\":\"tcp\"}", "\"ok\":true");
	for (;;)
		send_text(fd, CHANNEL_PEER, "{\"do\":\"state\",\"peer\":0}");
}

static void do_peer_waits(int fd)
{
	ask_peer(fd, "{\"do\":\"open\",\"kind\":\"tcp\"}", "\"ok\":true");
	send_text(fd, CHANNEL_PEER,
		"{\"do\":\"wait\",\"peer\":0,\"for\":\"connect\",\"timeout_ms\":60000}");
	do_pass(fd);
}

static void do_peer_none(int fd)
{
	ask_peer(fd, "{\"do\":\"open\",\"kind\":\"tcp\"}", "declares no host_address");
	do_pass(fd);
}

static const struct {
	const char *name;
	void (*run)(int fd);
} behaviours[] = {
	{ "pass", do_pass },
	{ "fail", do_fail },
	{ "crash", do_crash },
	{ "exit_zero", do_exit_zero },
	{ "hang", do_hang },
	{ "verdict_then_crash", do_verdict_then_crash },
	{ "deviation", do_deviation },
	{ "requests", do_requests },
	{ "reset", do_reset },
	{ "control", do_control },
	{ "flood", do_flood },
	{ "drink", do_drink },
	{ "die", do_die },
	{ "double", do_double },
	{ "double_excused", do_double_excused },
	{ "echo_off", do_echo_off },
	{ "lost_rate", do_lost_rate },
	{ "stuck", do_stuck },
	{ "prompt", do_prompt },
	{ "deaf", do_deaf },
	{ "sysram", do_sysram },
	{ "pour", do_pour },
	{ "ping", do_ping },
	{ "peer", do_peer },
	{ "peer_crash", do_peer_crash },
	{ "peer_hang", do_peer_hang },
	{ "peer_bulk", do_peer_bulk },
	{ "peer_deaf", do_peer_deaf },
	{ "peer_waits", do_peer_waits },
	{ "peer_none", do_peer_none },
	{ "wrong_name", do_pass },
};

static void work(const char *id)
{
	const char *name = strrchr(id, '/') + 1;
	char kind[64];
	snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(name, "0123456789"), name);
	int fd = channel_connect(getenv(CHANNEL_ENV));
	if (fd < 0)
		exit(4);
	send_text(fd, CHANNEL_HELLO, strcmp(kind, "wrong_name") == 0 ? "no/such/case" : id);
	if (expect(fd, CHANNEL_GRANT, 60000) < 0)
		exit(5);
	for (size_t i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]); i++)
		if (strcmp(behaviours[i].name, kind) == 0)
			behaviours[i].run(fd);
	exit(0);
}

struct job {
	pid_t pid;
	char id[128];
};

static void report(int fd, const struct job *job, int status)
{
	char json[512];
	const char *result = WIFSIGNALED(status) ? "crash" : WEXITSTATUS(status) ? "fail" : "pass";
	snprintf(json, sizeof(json),
		"{\"case\":\"%s\",\"result\":\"%s\",\"message\":\"\",\"file\":\"fake.c\",\"at\":9}",
		job->id, result);
	send_text(fd, CHANNEL_RESULT, json);
}

static void start(struct job *job, const char *id, int fd)
{
	snprintf(job->id, sizeof(job->id), "%.127s", id);
	job->id[strcspn(job->id, "\n")] = '\0';
	if (strstr(job->id, "/kill_runner"))
		raise(SIGKILL);
	job->pid = fork();
	if (job->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fd);
		work(job->id);
	}
}

static void wait_one(struct job *jobs, int limit, int fd)
{
	int status;
	pid_t pid = wait(&status);
	for (int i = 0; i < limit; i++) {
		if (jobs[i].pid == pid) {
			jobs[i].pid = 0;
			report(fd, &jobs[i], status);
		}
	}
}

/* All of it before the first fork: a child's exit would move the place in a shared open file. */
static int read_cases(char ids[][128])
{
	FILE *cases = fopen(getenv("ATCONFORM_CASES"), "re");
	int count = 0;
	if (!cases)
		return 0;
	while (count < MANY && fgets(ids[count], 128, cases))
		count++;
	fclose(cases);
	return count;
}

int main(void)
{
	static char ids[MANY][128];
	struct job jobs[MANY] = { 0 };
	int limit = atoi(getenv("ATCONFORM_JOBS"));
	int count = read_cases(ids);
	int fd = channel_connect(getenv(CHANNEL_ENV));
	if (fd < 0 || limit < 1 || limit > MANY)
		return 1;
	send_text(fd, CHANNEL_RUNNER, "");
	int running = 0;
	for (int i = 0; i < count; i++) {
		if (running == limit) {
			wait_one(jobs, limit, fd);
			running--;
		}
		int free = 0;
		while (jobs[free].pid)
			free++;
		start(&jobs[free], ids[i], fd);
		running++;
	}
	for (; running; running--)
		wait_one(jobs, limit, fd);
	return 0;
}
