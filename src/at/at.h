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
enum { AT_BACKSTOP_S = 900 }; /* behind the rig's own deadline, waiting for the lease included */

/* The requirements that the case judges; the first is the one a failure is counted under. */
#define REQ(...)                                                                                   \
	.data = (void *)&(const struct at_case){                                                   \
		.requirements = (const char *const[]){ __VA_ARGS__, NULL } },                      \
	.init = at_begin, .fini = at_end, .timeout = AT_BACKSTOP_S
/* Words about the case: "destructive", "nvs", "slow"; "needs:power" names a bench facility. */
#define TAGS(words) .description = words

/* Sends a command line and expects the complete response: information lines, then the final result.
 * Blank lines, echo and known URCs in between are not part of it. */
#define at(...) at_exchange(__FILE__, __LINE__, (const char *const[]){ __VA_ARGS__, NULL })
#define LIKE(template) "\001" template /* a template of the model's language: LIKE("+SYSRAM:<size>") */
#define RE(pattern)    "\002" pattern  /* a PCRE2 pattern, anchored at both ends */
void at_exchange(const char *file, int line, const char *const words[]);

/* Expects an unsolicited line (already queued, or within timeout_ms; 0: the bench's answer time). */
#define urc(expected, timeout_ms) at_urc(__FILE__, __LINE__, expected, timeout_ms)
void at_urc(const char *file, int line, const char *expected, int timeout_ms);
/* Sends bytes as they are. */
#define raw(bytes, len) at_raw(__FILE__, __LINE__, bytes, len)
void at_raw(const char *file, int line, const void *bytes, size_t len);
/* Expects the rest of a response whose command went out by raw(). */
#define response(...) at_response(__FILE__, __LINE__, (const char *const[]){ __VA_ARGS__, NULL })
void at_response(const char *file, int line, const char *const words[]);
/* Expects the prompt '>'. */
#define prompt() at_prompt(__FILE__, __LINE__)
void at_prompt(const char *file, int line);
/* Expects that nothing comes for that long (0: the bench's silence time). */
#define silence(ms) at_silence(__FILE__, __LINE__, ms)
void at_silence(const char *file, int line, int ms);
/* Waits until the module answers AT again after something that restarts it; "ready" not required. */
#define wait_restart() at_wait_restart(__FILE__, __LINE__)
void at_wait_restart(const char *file, int line);
/* AT+RST and wait_restart(). */
#define restart() at_restart(__FILE__, __LINE__)
void at_restart(const char *file, int line);
/* Cuts power and waits until the module answers. Needs the facility "power". */
#define power_cycle() at_power_cycle(__FILE__, __LINE__)
void at_power_cycle(const char *file, int line);
/* Sets the host's side of the line. */
#define host_baud(baud) at_host_baud(__FILE__, __LINE__, baud)
void at_host_baud(const char *file, int line, int64_t baud);
/* Tells the virtual module's control port something, as JSON. Needs the facility "control". */
#define control(json) at_control(__FILE__, __LINE__, json)
void at_control(const char *file, int line, const char *json);
/* The bench must have this facility; else the case ends as unequipped. */
void needs(const char *facility);
bool has(const char *facility);
/* The monitor looks away while `on` (a wrong rate on purpose). */
void tolerate(bool on, const char *why);
/* A field of the last response that matched a LIKE template. */
const char *field(const char *name);
int64_t field_int(const char *name);
/* Milliseconds from the last command's last byte to the final result. */
int64_t answer_ms(void);
/* Ends the case: fail with expected and actual; or inconclusive, when the claim was not reached. */
#define check(condition, ...) at_check(__FILE__, __LINE__, condition, #condition, __VA_ARGS__)
void at_check(const char *file, int line, bool condition, const char *claim, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
#define inconclusive(...) at_inconclusive(__FILE__, __LINE__, __VA_ARGS__)
void at_inconclusive(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));

#endif
