/* SPDX-License-Identifier: MIT */
/* `atconform doctor`: is this bench fit to run, and if not, what is to be done. */
#include "cli/doctor.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/paths.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: atconform doctor [OPTION]...\n\n"
	"Looks at a board and what surrounds it, says what is there, what is missing for which\n"
	"cases and what is wrong, and writes a bench file to start from. Without --iut and "
	"--bench\n"
	"it lists the serial ports of this machine.\n\n"
	"  --iut URL            the board, as for `atconform run`; once for each of them\n"
	"  --bench FILE         what surrounds it; its boards, when there is no --iut\n"
	"  --out FILE           where the bench file goes (default bench.json, unless --bench is\n"
	"                       given); a file that exists is never overwritten\n"
	"  --try-reset          move DTR and RTS to see whether they restart the board\n"
	"  --json               for machines, instead of text\n"
	"  --spec DIR           more model files, as for `atconform run`\n\n"
	"The module is left as it was found; with an access point in the bench it joins it for a\n"
	"moment.\n"
	"exit: 0 fit, 1 a run would go, but the bench says things that are not so, 2 usage, 3 not\n"
	"      usable, 4 internal error\n";

enum opt { OPT_IUT = 256, OPT_BENCH, OPT_OUT, OPT_TRY_RESET, OPT_JSON, OPT_SPEC, OPT_HELP };

static const struct option longs[] = {
	{ "iut", required_argument, NULL, OPT_IUT },
	{ "bench", required_argument, NULL, OPT_BENCH },
	{ "out", required_argument, NULL, OPT_OUT },
	{ "try-reset", no_argument, NULL, OPT_TRY_RESET },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "spec", required_argument, NULL, OPT_SPEC },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

static int take(struct doctor_options *o, int opt, char **argv)
{
	switch (opt) {
	case OPT_IUT:
		words_add(&o->iuts, optarg);
		return -1;
	case OPT_SPEC:
		words_add(&o->spec, optarg);
		return -1;
	case OPT_BENCH:
		o->bench = optarg;
		return -1;
	case OPT_OUT:
		o->out = optarg;
		return -1;
	case OPT_TRY_RESET:
		o->try_reset = true;
		return -1;
	case OPT_JSON:
		o->json = true;
		return -1;
	case OPT_HELP:
		fputs(help, stdout);
		return EXIT_CONFORMS;
	default:
		return cli_bad_option("doctor", argv, opt);
	}
}

/* That it can't be written is said before anybody has worked on a module. */
static int check_out(const struct doctor_options *o)
{
	const char *path = o->out ? o->out : DOCTOR_USUAL_FILE;
	if ((!o->out && o->bench) || (!o->iuts.count && !o->bench))
		return -1;
	int failure = doctor_can_write(path);
	if (failure == -EEXIST && !o->out)
		return -1; /* it is left alone */
	if (failure == -EEXIST)
		return cli_usage("doctor",
			"--out %s: the file exists, and is never overwritten; name another", path);
	if (failure < 0)
		return cli_usage("doctor", "%s%s can't be written: %s; name another%s",
			o->out ? "--out " : "", path, strerror(-failure),
			o->out ? "" : " with --out");
	return -1;
}

/* -1: go on; else the exit code. */
static int parse(struct doctor_options *o, int argc, char **argv)
{
	int opt, code = -1;
	optind = 0;
	opterr = 0;
	while (code < 0 && (opt = getopt_long(argc, argv, ":", longs, NULL)) != -1)
		code = take(o, opt, argv);
	if (code >= 0)
		return code;
	if (optind < argc)
		return cli_usage(
			"doctor", "what is \"%s\" for? A board is named by --iut", argv[optind]);
	for (size_t i = 0; i < o->iuts.count; i++)
		if (text_starts(o->iuts.items[i], "replay:"))
			return cli_usage("doctor", "--iut %s: a recording can't be examined",
				o->iuts.items[i]);
	return check_out(o);
}

/* ---- what there is to look at ---- */

static int programs(struct doctor *d, struct error *error)
{
	const char *module = getenv("ATCONFORM_MODULE");
	d->suite_program = paths_program("atconform-suite");
	d->module_program = module ? strdup(module) : paths_program("atmodule");
	d->profiles = paths_data("fixtures/profiles");
	if (!d->suite_program || !d->profiles)
		return error_set(error, NULL, 0, 0,
			"the program atconform-suite or the folder fixtures/profiles is not where "
			"atconform is; build or install them");
	return 0;
}

static const char *usual_bench(const struct doctor *d)
{
	const char *iut = d->options.iuts.count ? d->options.iuts.items[0] : "virtual:";
	return text_starts(iut, "virtual:") ? "virtual" : "board";
}

/* The access point and the tester's address, of the bench or of a virtual line. */
static void set_network(const struct doctor *d, struct doctor_board *b, const json_t *network)
{
	const json_t *ap = json_object_get(network, "access_point");
	b->ssid = json_string_value(json_object_get(ap, "ssid"));
	b->password = json_string_value(json_object_get(ap, "password"));
	b->host = json_string_value(json_object_get(network, "host_address"));
	if (d->bench.rig.air && link_network(b->iut.address, 0, &b->own))
		b->host = b->own.host;
}

static int boards(struct doctor *d, const json_t *network, struct error *error)
{
	struct rig_iut iuts[LINES_MAX + 1];
	d->board_count = lines_choose(iuts, &d->bench.rig, &d->options.iuts, 0, error);
	if (d->board_count < 0) {
		d->board_count = 0;
		return -1;
	}
	d->boards = calloc((size_t)d->board_count, sizeof(*d->boards));
	if (!d->boards)
		abort();
	for (int i = 0; i < d->board_count; i++) {
		struct doctor_board *b = &d->boards[i];
		b->iut = iuts[i];
		b->bench = d->bench.rig;
		b->bench.switches = iuts[i].switches;
		set_network(d, b, network);
	}
	return 0;
}

static int load(struct doctor *d, json_t **network, struct error *error)
{
	const struct words none = { 0 };
	const char *bench = d->options.bench ? d->options.bench : usual_bench(d);
	if (programs(d, error) < 0 || bench_load(&d->bench, bench, error) < 0 ||
		broker_choose(&d->broker, &d->bench, &none, error) < 0 ||
		cli_spec_dirs(&d->dirs, &d->options.spec, error) < 0 ||
		spec_load(&d->spec, d->dirs.items, error) < 0)
		return -1;
	*network = d->bench.rig.network ? json_loads(d->bench.rig.network, 0, NULL) : NULL;
	return boards(d, *network, error);
}

/* ---- the examination ---- */

/* Nothing else is said until somebody answers, or it is given up. */
static void say_asking(const struct doctor *d, const struct doctor_board *b)
{
	bool rates = text_starts(b->iut.address, "serial:") ||
		     text_starts(b->iut.address, "pty:") || text_starts(b->iut.address, "rfc2217:");
	if (d->options.json || !rates)
		return;
	struct buf text AUTO_BUF = { 0 };
	enum { SHOWN = 9 };
	const int64_t *rate = b->bench.baud_rates;
	buf_printf(&text, "asking at %lld", (long long)b->bench.uart.baud);
	for (int i = 0; rate[i] && i < SHOWN; i++)
		if (rate[i] != b->bench.uart.baud)
			buf_printf(&text, ", %lld", (long long)rate[i]);
	printf("%s ...\n", text.data);
	fflush(stdout);
}

static void examine(struct doctor *d, int index)
{
	struct doctor_board *b = &d->boards[index];
	const struct survey_want want = { .bench = &b->bench,
		.address = b->iut.address,
		.module_program = d->module_program,
		.ssid = b->ssid,
		.password = b->password,
		.host = b->host,
		.try_reset = d->options.try_reset };
	d->board = index;
	doctor_head(d, doctor_text(b->iut.address, 90));
	if (doctor_port(d, b)) {
		say_asking(d, b);
		survey(&want, &b->survey);
		d->signal = b->survey.signal;
		if (!d->signal) {
			doctor_module(d, b);
			doctor_network(d, b);
		}
		b->usable = b->survey.line == SURVEY_ANSWERED && !b->survey.obeys_anything &&
			    !b->survey.rate_lost;
	}
	d->board = -1;
}

static int choose_profile(struct doctor *d, struct error *error)
{
	const char *name = d->bench.default_profile;
	if (!name || strcmp(name, "auto") == 0)
		name = d->board_count && *d->boards[0].profile ? d->boards[0].profile
							       : "esp8266-at";
	return profile_load(&d->profile, d->profiles, name, &d->spec, error);
}

/* A bench that nobody has named says what boards usually carry; this one is known now. Over a
 * bridge that carries bytes only no setting can be made, whatever the bench says. */
static void take_carried(struct doctor *d)
{
	if (!d->options.bench && !d->bench.rig.air)
		d->bench.rig.facilities = d->carried;
	else if (!d->can_rate)
		bench_drop_line_settings(&d->bench);
}

/* Without a board there is nothing that they could be run on. */
static int count_cases(struct doctor *d, struct error *error)
{
	bool usable = false;
	for (int i = 0; i < d->board_count; i++)
		usable |= d->boards[i].usable;
	if (!usable)
		return 0;
	take_carried(d);
	doctor_head(d, "cases");
	return choose_profile(d, error) < 0 ? -1 : doctor_count_cases(d, error);
}

/* One word for a shell, in quotes where it wants them. */
static void put_word(struct buf *out, const char *word, bool quote)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./:,=@%+";
	if (!quote && *word && !word[strspn(word, plain)]) {
		buf_puts(out, word);
		return;
	}
	buf_putc(out, '\'');
	for (const char *p = word; *p; p++)
		if (*p == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, *p);
	buf_putc(out, '\'');
}

static char *command_of(const struct doctor *d)
{
	struct buf text AUTO_BUF = { 0 };
	const char *bench = d->file ? d->file : d->options.bench;
	buf_puts(&text, "atconform run");
	if (bench) {
		buf_puts(&text, " --bench ");
		put_word(&text, bench, false);
	}
	for (size_t i = 0; !d->file && i < d->options.iuts.count; i++) {
		buf_puts(&text, " --iut ");
		put_word(&text, d->options.iuts.items[i], true);
	}
	for (size_t i = 0; i < d->options.spec.count; i++) {
		buf_puts(&text, " --spec ");
		put_word(&text, d->options.spec.items[i], false);
	}
	return buf_take(&text);
}

/* The worst of what holds for the bench file that the run would have. */
static enum doctor_state worst(const struct doctor *d)
{
	enum doctor_state worst = DOCTOR_OK;
	for (size_t i = 0; i < d->finding_count; i++) {
		enum doctor_state state = d->findings[i].state;
		if (state > worst && !(state == DOCTOR_FOREIGN && d->file))
			worst = state;
	}
	return worst;
}

static bool is_foreign(const struct doctor *d)
{
	bool foreign = false;
	for (size_t i = 0; i < d->finding_count; i++)
		foreign |= d->findings[i].state == DOCTOR_FOREIGN;
	return foreign;
}

static void print_end(const struct doctor *d, int code, const char *command)
{
	const char *fit = code ? "fit to run, but see what is wrong above" : "fit to run";
	if (code == EXIT_UNUSABLE)
		puts("\nnot fit to run: see what is wrong above");
	else if (is_foreign(d))
		printf("\n%s is for another board; the new file is %s:\n  %s\n",
			doctor_text(d->options.bench, 40), code ? fit : "fit", command);
	else
		printf("\n%s:\n  %s\n", fit, command);
}

static int conclude(struct doctor *d)
{
	enum doctor_state state = worst(d);
	int code = state >= DOCTOR_FOREIGN ? EXIT_UNUSABLE
		   : state == DOCTOR_WRONG ? EXIT_DOES_NOT_CONFORM
					   : EXIT_CONFORMS;
	char *command AUTO_FREE = command_of(d);
	if (d->options.json)
		doctor_print_json(d, code, code != EXIT_UNUSABLE ? command : NULL);
	else
		print_end(d, code, command);
	return code;
}

static int doctor(struct doctor *d)
{
	struct error error = { 0 };
	json_t *network = NULL;
	int code = -1;
	if (load(d, &network, &error) < 0)
		code = cli_fail(EXIT_USAGE, &error);
	for (int i = 0; code < 0 && i < d->board_count; i++) {
		examine(d, i);
		if (d->signal)
			code = 128 + d->signal;
	}
	if (code < 0) {
		doctor_compare(d);
		doctor_carried(d);
		doctor_head(d, "bench and machine");
		doctor_machine(d);
		if (count_cases(d, &error) < 0)
			code = cli_fail(EXIT_USAGE, &error);
	}
	if (code < 0) {
		doctor_write(d);
		code = conclude(d);
	}
	json_decref(network);
	return code;
}

static void finish(struct doctor *d)
{
	for (int i = 0; i < d->board_count; i++)
		survey_finish(&d->boards[i].survey);
	for (size_t i = 0; i < d->finding_count; i++)
		free(d->findings[i].text);
	free(d->findings);
	free(d->boards);
	buf_finish(&d->unequipped);
	suite_finish(&d->suite);
	profile_finish(&d->profile);
	spec_finish(&d->spec);
	broker_choice_finish(&d->broker);
	bench_finish(&d->bench);
	words_finish(&d->dirs);
	words_finish(&d->options.iuts);
	words_finish(&d->options.spec);
	free(d->suite_program);
	free(d->module_program);
	free(d->profiles);
	free(d->file);
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor d = { .board = -1 };
	int code = parse(&d.options, argc, argv);
	if (code < 0 && !d.options.iuts.count && !d.options.bench) {
		code = doctor_ports(&d) ? EXIT_CONFORMS : EXIT_UNUSABLE;
		if (code == EXIT_UNUSABLE)
			log_error("there is no serial port on this machine: is the board plugged "
				  "in? `atconform doctor --iut virtual:` looks at the virtual "
				  "module");
	}
	if (code < 0)
		code = doctor(&d);
	finish(&d);
	return code;
}
