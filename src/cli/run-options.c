/* SPDX-License-Identifier: MIT */
/* Parsing of the options of `atconform run`; each is in the help text and in atconform(1). */
#include "cli/run-options.h"

#include "base/text.h"
#include "cli/broker.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: atconform run [OPTION]... [PATTERN]...\n\n"
	"  --iut URL            virtual: (default), serial:/dev/ttyUSB0?baud=115200, pty:PATH,\n"
	"                       exec:PROGRAM ARGS, tcp:HOST:PORT; once for each line\n"
	"  --bench FILE         what surrounds the module; a name or a .json file\n"
	"  --broker URL         the team's own MQTT broker: mqtt://user:password@host:port, "
	"mqtts:,\n"
	"                       ws: or wss:; once for each of its listeners (default: a Mosquitto\n"
	"                       that the run starts)\n"
	"  --profile NAME       what the module claims to be (default esp8266-at: the document)\n"
	"  --jobs N             lines used at the same time\n"
	"  --out DIR            the run's folder (default reports/runs/<UTC time>)\n"
	"  --report FORMAT[:FILE]  besides the usual ones: console, json, junit, html\n"
	"  --gate inferred|stated  whether fails of inferred requirements count (default: "
	"inferred\n"
	"                       on virtual:, stated elsewhere)\n"
	"  --strict             a known deviation does not conform either\n"
	"  --require-all        a case that the bench is not equipped for does not conform\n"
	"  --allow destructive  cases that restore, roll back or rewrite the module's settings\n"
	"  --fail-fast          stop at the first fail; the rest is missing\n"
	"  --dry-run            print the plan, touch nothing\n"
	"  --spec DIR           more model files, e.g. a vendor's own commands\n\n"
	"PATTERN is a glob over family/command/case or command/case, a family, a command or a\n"
	"requirement id.\n"
	"exit: 0 conforms, 1 does not, 2 usage, 3 module or bench unusable, 4 internal error,\n"
	"      5 nothing was verified\n";

enum opt {
	OPT_IUT = 256,
	OPT_BENCH,
	OPT_BROKER,
	OPT_PROFILE,
	OPT_JOBS,
	OPT_OUT,
	OPT_REPORT,
	OPT_GATE,
	OPT_STRICT,
	OPT_REQUIRE_ALL,
	OPT_ALLOW,
	OPT_FAIL_FAST,
	OPT_DRY_RUN,
	OPT_SPEC,
	OPT_HELP,
};

static const struct option longs[] = {
	{ "iut", required_argument, NULL, OPT_IUT },
	{ "bench", required_argument, NULL, OPT_BENCH },
	{ "broker", required_argument, NULL, OPT_BROKER },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "jobs", required_argument, NULL, OPT_JOBS },
	{ "out", required_argument, NULL, OPT_OUT },
	{ "report", required_argument, NULL, OPT_REPORT },
	{ "gate", required_argument, NULL, OPT_GATE },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "require-all", no_argument, NULL, OPT_REQUIRE_ALL },
	{ "allow", required_argument, NULL, OPT_ALLOW },
	{ "fail-fast", no_argument, NULL, OPT_FAIL_FAST },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "spec", required_argument, NULL, OPT_SPEC },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

static int jobs(struct run_options *o, const char *word)
{
	int64_t value;
	if (!text_integer(word, &value) || value < 1 || value > 64)
		return cli_usage("run", "--jobs %s: a number from 1 to 64 is needed", word);
	o->jobs = (int)value;
	return -1;
}

static int gate(struct run_options *o, const char *word)
{
	if (strcmp(word, "inferred") != 0 && strcmp(word, "stated") != 0)
		return cli_usage("run", "--gate %s: inferred or stated is needed", word);
	o->gate = word;
	return -1;
}

static int allow(struct run_options *o, const char *word)
{
	if (strcmp(word, "destructive") != 0)
		return cli_usage("run", "--allow %s: only destructive can be allowed", word);
	o->allow_destructive = true;
	return -1;
}

static int broker(struct run_options *o, char *word)
{
	words_add(&o->brokers, strdup(word));
	broker_mask(word);
	return -1;
}

static int take(struct run_options *o, int opt, char **argv)
{
	switch (opt) {
	case OPT_IUT:
		words_add(&o->iuts, optarg);
		return -1;
	case OPT_REPORT:
		words_add(&o->reports, optarg);
		return -1;
	case OPT_SPEC:
		words_add(&o->spec, optarg);
		return -1;
	case OPT_BENCH:
		o->bench = optarg;
		return -1;
	case OPT_PROFILE:
		o->profile = optarg;
		return -1;
	case OPT_OUT:
		o->out = optarg;
		return -1;
	case OPT_BROKER:
		return broker(o, optarg);
	case OPT_JOBS:
		return jobs(o, optarg);
	case OPT_GATE:
		return gate(o, optarg);
	case OPT_ALLOW:
		return allow(o, optarg);
	case OPT_STRICT:
		o->strict = true;
		return -1;
	case OPT_REQUIRE_ALL:
		o->require_all = true;
		return -1;
	case OPT_FAIL_FAST:
		o->fail_fast = true;
		return -1;
	case OPT_DRY_RUN:
		o->dry_run = true;
		return -1;
	case OPT_HELP:
		fputs(help, stdout);
		return EXIT_CONFORMS;
	default:
		return cli_bad_option("run", argv, opt);
	}
}

/* Without --broker: words of the environment, which no list of processes shows. */
static void brokers_of_environment(struct run_options *o)
{
	static const char variable[] = "ATCONFORM_BROKER";
	const char *given = getenv(variable);
	char *words = given ? strdup(given) : NULL;
	char *rest = words;
	char *word;
	bool wanted = o->brokers.count == 0;
	while (wanted && (word = strsep(&rest, " ")))
		if (*word)
			words_add(&o->brokers, strdup(word));
	free(words);
	unsetenv(variable);
}

int run_options_parse(struct run_options *out, int argc, char **argv)
{
	int opt, code = -1;
	optind = 1;
	opterr = 0;
	while (code < 0 && (opt = getopt_long(argc, argv, ":", longs, NULL)) != -1)
		code = take(out, opt, argv);
	brokers_of_environment(out);
	out->patterns = (const char *const *)argv + optind;
	return code;
}

void run_options_finish(struct run_options *options)
{
	for (size_t i = 0; i < options->brokers.count; i++)
		free((void *)options->brokers.items[i]);
	words_finish(&options->brokers);
	words_finish(&options->iuts);
	words_finish(&options->spec);
	words_finish(&options->reports);
}
