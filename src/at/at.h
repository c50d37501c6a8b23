/* SPDX-License-Identifier: MIT */
/* The verbs that cases use. A case reads as the wire does: the command on the left, the complete
 * response on the right, literals as they stand on the wire. A verb that does not get what the case
 * says ends the case with a verdict; none returns an error.
 *
 *	Test(sysmsg, survives_restart, REQ("SYSMSG-5"), TAGS("nvs"))
 *	{
 *		at("AT+SYSMSG=1", "OK");
 *		restart();
 *		at("AT+SYSMSG?", "+SYSMSG:1", "OK");
 *	}
 */
#ifndef AT_AT_H
#define AT_AT_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct at_case {
	const char *const *requirements; /* NULL-terminated */
};
void at_begin(void);
void at_end(void);
void at_started(void);        /* the body may begin */
void at_completed(void);      /* the body returned: only this sends a pass */
enum { AT_BACKSTOP_S = 900 }; /* behind the rig's own deadline, waiting for the lease included */

/* Criterion's Test, with the body wrapped: .fini runs after a failed bare cr_assert too, so that
 * only the return of the body can tell a pass. */
#undef Test
#define Test(suite_, name_, ...)                                                                   \
	static void CR_IDENTIFIER_(suite_, name_, body)(void);                                     \
	CR_EXPAND(CR_TEST_BASE(suite_, name_, __VA_ARGS__, .sentinel_ = 0))                        \
	{                                                                                          \
		at_started();                                                                      \
		CR_IDENTIFIER_(suite_, name_, body)();                                             \
		at_completed();                                                                    \
	}                                                                                          \
	static void CR_IDENTIFIER_(suite_, name_, body)(void)

/* The requirements that the case judges; the first is the one a failure is counted under. */
#define REQ(...)                                                                                   \
	.data = (void *)&(                                                                         \
		const struct at_case){ .requirements =                                             \
					       (const char *const[]){ __VA_ARGS__, NULL } },       \
	.init = at_begin, .fini = at_end, .timeout = AT_BACKSTOP_S
/* Words about the case: "destructive", "nvs", "uart", "slow"; "needs:power" is a facility. */
#define TAGS(words) .description = words

/* Sends a command line and expects the complete response: information lines, then the final result.
 * Blank lines, echo and known URCs in between are not part of it. */
#define at(...)         at_exchange(__FILE__, __LINE__, (const char *const[]){ __VA_ARGS__, NULL })
#define LIKE(template_) "\001" template_ /* in the model's language: LIKE("+SYSRAM:<size>") */
#define RE(pattern_)    "\002" pattern_  /* a PCRE2 pattern, anchored at both ends */
void at_exchange(const char *file, int line, const char *const words[]);
/* Sends bytes as they are; response() expects the answer of a command that went out this way. */
#define raw(bytes, len) at_raw(__FILE__, __LINE__, bytes, len)
void at_raw(const char *file, int line, const void *bytes, size_t len);
#define response(...) at_response(__FILE__, __LINE__, (const char *const[]){ __VA_ARGS__, NULL })
void at_response(const char *file, int line, const char *const words[]);
/* Sends a command and accepts what its model lists for that form, known deviations included: for a
 * case that needs the fact, not the form. */
#define ask(command_line) at_ask(__FILE__, __LINE__, command_line)
void at_ask(const char *file, int line, const char *command_line);
/* Sends a command and accepts any complete response; said() looks for a line or final in it. */
#define any(command_line) at_any(__FILE__, __LINE__, command_line)
void at_any(const char *file, int line, const char *command_line);
bool said(const char *text);
/* Whether a known deviation took the place of what the last command was to be answered with: what
 * it does not tell can't be checked, and the case is a deviation all the same. */
bool deviated(void);
/* Sends a command that the claim takes for granted. Information lines may come; what is not
 * answered with OK makes the case inconclusive. */
#define given(command_line) at_given(__FILE__, __LINE__, command_line)
void at_given(const char *file, int line, const char *command_line);
/* A formatted command or line; valid until the eighth next call. */
const char *fmt(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
/* A text as it stands inside quotes, with \ before \, " and comma; valid as fmt()'s. */
const char *escaped(const char *text) __attribute__((returns_nonnull));
/* Expects an unsolicited line (already queued, or within timeout_ms; 0: the bench's answer time).
 */
#define urc(expected, timeout_ms) at_urc(__FILE__, __LINE__, expected, timeout_ms)
void at_urc(const char *file, int line, const char *expected, int timeout_ms);
/* Expects unsolicited lines in this order (others may come in between) within timeout_ms. */
#define urcs(timeout_ms, ...)                                                                      \
	at_urcs(__FILE__, __LINE__, timeout_ms, (const char *const[]){ __VA_ARGS__, NULL })
void at_urcs(const char *file, int line, int timeout_ms, const char *const expected[]);
/* Expects that this unsolicited line neither came nor comes within timeout_ms; others may. */
#define no_urc(unexpected, timeout_ms) at_no_urc(__FILE__, __LINE__, unexpected, timeout_ms)
void at_no_urc(const char *file, int line, const char *unexpected, int timeout_ms);
/* Lets time pass that the claim needs; known unsolicited lines that come are kept. */
#define listen_for(ms) at_listen_for(__FILE__, __LINE__, ms)
void at_listen_for(const char *file, int line, int ms);
/* The same between two looks at something that takes as long as it takes. */
#define look_again(ms) at_look_again(__FILE__, __LINE__, ms)
void at_look_again(const char *file, int line, int ms);
/* The document gives what comes next this long: a sleep, a server's time-out. Of the time from now
 * on, this much is accounted as the document's and not as the tester's or the module's. */
#define takes(ms, why) at_takes(__FILE__, __LINE__, ms, why)
void at_takes(const char *file, int line, int ms, const char *why);
/* Drops the unsolicited lines that have come so far. */
#define forget_urcs() at_forget_urcs(__FILE__, __LINE__)
void at_forget_urcs(const char *file, int line);
/* Expects the prompt '>'. */
#define prompt() at_prompt(__FILE__, __LINE__)
void at_prompt(const char *file, int line);
/* Expects that nothing comes for that long (0: the bench's silence time). */
#define silence(ms) at_silence(__FILE__, __LINE__, ms)
void at_silence(const char *file, int line, int ms);
/* Expects that no final result comes for that long; other bytes may. */
#define unanswered(ms) at_unanswered(__FILE__, __LINE__, ms)
void at_unanswered(const char *file, int line, int ms);
/* Takes in what comes until the line is silent, and counts good and bad final results. */
#define until_quiet(ok, refused) at_until_quiet(__FILE__, __LINE__, ok, refused)
void at_until_quiet(const char *file, int line, size_t *ok, size_t *refused);

/* Waits until the module answers AT again after something that restarts it; "ready" not required.
 * The host's rate has to be the one that the module starts with. */
#define wait_restart()          at_wait_restart(__FILE__, __LINE__, 0)
#define wait_restart_within(ms) at_wait_restart(__FILE__, __LINE__, ms)
void at_wait_restart(const char *file, int line, int timeout_ms);
/* AT+RST and wait_restart(). */
#define restart() at_restart(__FILE__, __LINE__)
void at_restart(const char *file, int line);
/* Polls with AT until the answers are clean again: after bytes at a wrong rate. */
#define resync() at_resync(__FILE__, __LINE__)
void at_resync(const char *file, int line);
/* Cuts power and waits until the module answers. Needs the facility "power". */
#define power_cycle() at_power_cycle(__FILE__, __LINE__)
void at_power_cycle(const char *file, int line);
/* Cuts power and waits for nothing: what the module prints at its start can be judged. */
#define power_cut() at_power_cut(__FILE__, __LINE__)
void at_power_cut(const char *file, int line);
/* Sets the host's side of the line. */
#define host_baud(baud) at_host_baud(__FILE__, __LINE__, baud)
void at_host_baud(const char *file, int line, int64_t baud);
/* What the line was like when the case began. */
int64_t bench_baud(void);
bool bench_echo(void);
/* Tells the virtual module's control port something, as JSON. Needs the facility "control". */
#define control(json) at_control(__FILE__, __LINE__, json)
void at_control(const char *file, int line, const char *json);
/* The same for what it may refuse to do: whether it did it. */
#define control_tried(json) at_control_tried(__FILE__, __LINE__, json)
bool at_control_tried(const char *file, int line, const char *json);
/* What the control port answered last, by path: told("value"), told("stations.0.mac"). "": nothing.
 */
const char *told(const char *path) __attribute__((returns_nonnull));
/* A fact of the bench's network by path: network("access_point.ssid"). The case ends as unequipped
 * when the bench does not have it. */
#define network(path) at_network(__FILE__, __LINE__, path)
const char *at_network(const char *file, int line, const char *path)
	__attribute__((returns_nonnull));
/* A time of the bench: "answer", "restart", "silence", "join", "scan", "lease", "connect",
 * "escape", "sntp", "update", "guard", "mqtt". */
int bench_ms(const char *name);
/* Asks the module over UDP for a service such as "_iot._tcp.local", as multicast DNS does; false
 * when no answer comes within timeout_ms. What it tells is in mdns(): "instance", "host", "port",
 * "address"; "": not told. */
#define mdns_query(address, service, timeout_ms)                                                   \
	at_mdns_query(__FILE__, __LINE__, address, service, timeout_ms)
bool at_mdns_query(
	const char *file, int line, const char *address, const char *service, int timeout_ms);
const char *mdns(const char *what) __attribute__((returns_nonnull));
/* The bench must have this facility; else the case ends as unequipped. */
#define needs(facility) at_needs(__FILE__, __LINE__, facility)
void at_needs(const char *file, int line, const char *facility);
bool has(const char *facility);
/* The monitor looks away while `on` (a wrong rate on purpose). */
#define tolerate(on, why) at_tolerate(__FILE__, __LINE__, on, why)
void at_tolerate(const char *file, int line, bool on, const char *why);

/* A field of the last response that matched a LIKE template. */
#define field(name) at_field(__FILE__, __LINE__, name)
const char *at_field(const char *file, int line, const char *name) __attribute__((returns_nonnull));
#define field_int(name) at_field_int(__FILE__, __LINE__, name)
int64_t at_field_int(const char *file, int line, const char *name);
/* Milliseconds from the last command's last byte to the final result. */
int64_t answer_ms(void);
/* Whether the last command came back as echo. */
bool echoed(void);
/* All bytes that came since the last command went out. */
const char *received(size_t *len);
int64_t clock_ms(void); /* since some fixed moment; does not jump */
/* Information lines of the last response, in order. line_like() takes the fields of one that fits.
 */
size_t line_count(void);
const char *line_text(size_t index) __attribute__((returns_nonnull)); /* "": there is none */
#define line_like(index, expected) at_line_like(__FILE__, __LINE__, index, expected)
bool at_line_like(const char *file, int line, size_t index, const char *expected);
/* Ends the case: fail with what was seen; or inconclusive, when the claim was not reached. */
#define check(condition, ...)                                                                      \
	((condition) ? (void)0 : at_check(__FILE__, __LINE__, false, #condition, __VA_ARGS__))
void at_check(const char *file, int line, bool condition, const char *claim, const char *format,
	...) __attribute__((format(printf, 5, 6)));
#define inconclusive(...) at_inconclusive(__FILE__, __LINE__, __VA_ARGS__)
void at_inconclusive(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));

#endif
