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
	"                       exec:PROGRAM ARGS, tcp:HOST:PORT (bytes only),\n"
	"                       rfc2217:HOST:PORT?baud=115200; once for each line; or\n"
	"                       replay:RUN, the recording of an earlier run\n"
	"  --bench FILE         what surrounds the module; a name or a .json file\n"
	"  --broker URL         the team's own MQTT broker: mqtt://user:password@host:port, "
	"mqtts:,\n"
	"                       ws: or wss:; once for each of its listeners (default: a Mosquitto\n"
	"                       that the run starts)\n"
	"  --profile NAME       what the module claims to be (default esp8266-at: the document);\n"
	"                       auto asks it\n"
	"  --jobs N             lines used at the same time\n"
	"  --mixed-firmware     boards may differ in what they say to AT+GMR (default: exit 3)\n"
	"  --fewer-boards       go on without boards that can't be used at the start (default: "
	"exit\n"
	"                       3), as long as there is one\n"
	"  --out DIR            the run's folder (default reports/runs/<UTC time>)\n"
	"  --report FORMAT[:FILE]  besides the usual ones: console, json, junit, html\n"
	"  --gate inferred|stated  whether fails of inferred requirements count (default: "
	"inferred\n"
	"                       on virtual:, stated elsewhere)\n"
	"  --strict             a known deviation does not conform either\n"
	"  --require-all        a case that the bench is not equipped for does not conform\n"
	"  --allow destructive  cases that restore, roll back or rewrite the module's settings\n"
	"  --without TAG        leave out the cases of a tag: slow, radio, nvs, uart, "
	"destructive,\n"
	"                       issue:NAME, needs:FACILITY; may be a glob, and be repeated\n"
	"  --max-nvs-writes N   no further case that writes to the module's flash once a line "
	"has\n"
	"                       had N such writes (0: none at all)\n"
	"  --fail-fast          stop at the first fail; the rest is missing\n"
	"  --shard I/N          the I-th of N parts of the plan\n"
	"  --shuffle SEED       in an order of that seed; 0: in any, the seed is told\n"
	"  --repeat N           each case N times; the worst verdict counts\n"
	"  --retries N          a bad case up to N times more, each from a settled module; one "
	"that\n"
	"                       is good then is flaky, not passed\n"
	"  --flaky-budget N     how many flaky cases conform (default 0)\n"
	"  --baseline RUN       only what got worse since that run fails, and what is missing\n"
	"  --waivers FILE       fails that are known, each with its end: atconform-waivers(5)\n"
	"  --resume RUN         go on with a run that was killed, in its folder, with its options\n"
	"  --dry-run            print the plan, touch nothing\n"
	"  --spec DIR           more model files, e.g. a vendor's own commands\n\n"
	"PATTERN is a glob over family/command/case or command/case, a family, a command or a\n"
	"requirement id.\n"
	"exit: 0 conforms, 1 does not, 2 usage, 3 module or bench unusable, 4 internal error,\n"
	"      5 nothing was verified\n";

enum { SHARDS_MAX = 1000, REPEAT_MAX = 1000, BUDGET_MAX = 1000000, WRITES_MAX = 1000000000 };

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
	OPT_WITHOUT,
	OPT_MAX_NVS_WRITES,
	OPT_FAIL_FAST,
	OPT_DRY_RUN,
	OPT_SPEC,
	OPT_SHARD,
	OPT_SHUFFLE,
	OPT_REPEAT,
	OPT_RETRIES,
	OPT_FLAKY_BUDGET,
	OPT_BASELINE,
	OPT_WAIVERS,
	OPT_RESUME,
	OPT_MIXED_FIRMWARE,
	OPT_FEWER_BOARDS,
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
	{ "without", required_argument, NULL, OPT_WITHOUT },
	{ "max-nvs-writes", required_argument, NULL, OPT_MAX_NVS_WRITES },
	{ "fail-fast", no_argument, NULL, OPT_FAIL_FAST },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "spec", required_argument, NULL, OPT_SPEC },
	{ "shard", required_argument, NULL, OPT_SHARD },
	{ "shuffle", required_argument, NULL, OPT_SHUFFLE },
	{ "repeat", required_argument, NULL, OPT_REPEAT },
	{ "retries", required_argument, NULL, OPT_RETRIES },
	{ "flaky-budget", required_argument, NULL, OPT_FLAKY_BUDGET },
	{ "baseline", required_argument, NULL, OPT_BASELINE },
	{ "waivers", required_argument, NULL, OPT_WAIVERS },
	{ "resume", required_argument, NULL, OPT_RESUME },
	{ "mixed-firmware", no_argument, NULL, OPT_MIXED_FIRMWARE },
	{ "fewer-boards", no_argument, NULL, OPT_FEWER_BOARDS },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

static int number(const char *name, const char *word, int64_t least, int64_t most, int64_t *value)
{
	if (!text_integer(word, value) || *value < least || *value > most)
		return cli_usage("run", "--%s %s: a number from %lld to %lld is needed", name, word,
			(long long)least, (long long)most);
	return -1;
}

static int small_number(const char *name, const char *word, int least, int most, int *out)
{
	int64_t value = 0;
	int code = number(name, word, least, most, &value);
	*out = (int)value;
	return code;
}

static int shard(struct run_options *o, const char *word)
{
	char *copy = strdup(word);
	char *slash = copy ? strchr(copy, '/') : NULL;
	int64_t index = 0;
	int64_t of = 0;
	if (slash)
		*slash = '\0';
	bool fits = slash && text_integer(copy, &index) && text_integer(slash + 1, &of) &&
		    index >= 1 && index <= of && of <= SHARDS_MAX;
	free(copy);
	if (!fits)
		return cli_usage("run",
			"--shard %s: I/N is needed, part I of N parts, such as 1/4; N at most %d",
			word, SHARDS_MAX);
	o->shard = (int)index;
	o->shards = (int)of;
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
	case OPT_WITHOUT:
		words_add(&o->without, optarg);
		return -1;
	case OPT_MAX_NVS_WRITES:
		return number("max-nvs-writes", optarg, 0, WRITES_MAX, &o->max_nvs_writes);
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
		return small_number("jobs", optarg, 1, 64, &o->jobs);
	case OPT_SHARD:
		return shard(o, optarg);
	case OPT_SHUFFLE:
		return number("shuffle", optarg, 0, UINT32_MAX, &o->shuffle);
	case OPT_REPEAT:
		return small_number("repeat", optarg, 1, REPEAT_MAX, &o->repeat);
	case OPT_RETRIES:
		return small_number("retries", optarg, 0, REPEAT_MAX, &o->retries);
	case OPT_FLAKY_BUDGET:
		return small_number("flaky-budget", optarg, 0, BUDGET_MAX, &o->flaky_budget);
	case OPT_BASELINE:
		o->baseline = optarg;
		return -1;
	case OPT_WAIVERS:
		o->waivers = optarg;
		return -1;
	case OPT_RESUME:
		o->resume = optarg;
		return -1;
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
	case OPT_MIXED_FIRMWARE:
		o->mixed_firmware = true;
		return -1;
	case OPT_FEWER_BOARDS:
		o->fewer_boards = true;
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
	out->shuffle = out->retries = out->flaky_budget = out->max_nvs_writes = -1;
	optind = 0; /* also forgets the words of another call */
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
	words_finish(&options->without);
}

/* ---- the options of a run that is resumed ---- */

static int differs(const char *option, const char *before, struct error *error)
{
	return error_set(error, NULL, 0, 0, "%s: the run that is resumed had %s; leave it out",
		option, before && *before ? before : "none");
}

static bool same_words(const struct words *a, const struct words *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->items[i], b->items[i]) == 0;
	return same;
}

static int check_texts(
	const struct run_options *given, const struct run_options *before, struct error *error)
{
	const struct {
		const char *name, *given, *before;
	} texts[] = { { "--bench", given->bench, before->bench },
		{ "--profile", given->profile, before->profile },
		{ "--gate", given->gate, before->gate },
		{ "--baseline", given->baseline, before->baseline },
		{ "--waivers", given->waivers, before->waivers } };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].given &&
			(!texts[i].before || strcmp(texts[i].given, texts[i].before) != 0))
			return differs(texts[i].name, texts[i].before, error);
	if (given->iuts.count && !same_words(&given->iuts, &before->iuts))
		return differs("--iut", before->iuts.count ? before->iuts.items[0] : NULL, error);
	if (given->spec.count && !same_words(&given->spec, &before->spec))
		return differs("--spec", before->spec.count ? before->spec.items[0] : NULL, error);
	if (given->without.count && !same_words(&given->without, &before->without))
		return differs("--without", before->without.count ? before->without.items[0] : NULL,
			error);
	size_t i = 0;
	while (given->patterns[i] && before->patterns[i] &&
		strcmp(given->patterns[i], before->patterns[i]) == 0)
		i++;
	if (given->patterns[0] && (given->patterns[i] || before->patterns[i]))
		return differs(given->patterns[i] ? given->patterns[i] : given->patterns[0],
			before->patterns[i], error);
	return 0;
}

static int check_numbers(
	const struct run_options *given, const struct run_options *before, struct error *error)
{
	const struct {
		const char *name;
		int64_t given, before, absent;
	} numbers[] = { { "--jobs", given->jobs, before->jobs, 0 },
		{ "--shard", given->shard, before->shard, 0 },
		{ "--shard", given->shards, before->shards, 0 },
		{ "--shuffle", given->shuffle, before->shuffle, -1 },
		{ "--repeat", given->repeat, before->repeat, 0 },
		{ "--retries", given->retries, before->retries, -1 },
		{ "--flaky-budget", given->flaky_budget, before->flaky_budget, -1 },
		{ "--max-nvs-writes", given->max_nvs_writes, before->max_nvs_writes, -1 },
		{ "--strict", given->strict, before->strict, 0 },
		{ "--require-all", given->require_all, before->require_all, 0 },
		{ "--allow", given->allow_destructive, before->allow_destructive, 0 },
		{ "--fail-fast", given->fail_fast, before->fail_fast, 0 },
		{ "--mixed-firmware", given->mixed_firmware, before->mixed_firmware, 0 } };
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char text[32] = "none";
		if (numbers[i].given == numbers[i].absent || numbers[i].given == numbers[i].before)
			continue;
		if (numbers[i].before != numbers[i].absent)
			snprintf(text, sizeof(text), "%lld", (long long)numbers[i].before);
		return differs(numbers[i].name, text, error);
	}
	return 0;
}

/* In the journal their passwords are masked. */
static int check_brokers(
	const struct run_options *given, const struct run_options *before, struct error *error)
{
	bool same = !before->brokers.count || given->brokers.count == before->brokers.count;
	for (size_t i = 0; same && i < before->brokers.count; i++) {
		char *masked = strdup(given->brokers.items[i]);
		if (!masked)
			abort();
		broker_mask(masked);
		same = strcmp(masked, before->brokers.items[i]) == 0;
		free(masked);
	}
	if (same)
		return 0;
	return error_set(error, NULL, 0, 0,
		"the run that is resumed had --broker %s; give it again, with its password, which "
		"is in no journal",
		before->brokers.items[0]);
}

int run_options_same(
	const struct run_options *given, const struct run_options *before, struct error *error)
{
	if (given->out)
		return error_set(
			error, NULL, 0, 0, "--out with --resume: a run goes on in its own folder");
	if (given->dry_run)
		return error_set(error, NULL, 0, 0, "--dry-run with --resume: choose one");
	if (check_texts(given, before, error) < 0 || check_numbers(given, before, error) < 0)
		return -1;
	return check_brokers(given, before, error);
}
