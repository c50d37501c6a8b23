/* SPDX-License-Identifier: MIT */
/* The plan comes from the suite program itself (`atconform-suite --plan`), so that what is listed
 * is what is linked in. */
#include "cli/suite.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct memory {
	json_t *root;
	const char ***lists; /* every string list handed out */
	size_t list_count;
};

static int collect(int fd, struct buf *out)
{
	char chunk[65536];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf_append(out, chunk, (size_t)n);
	}
}

static int run_plan(
	const char *program, const char *const dirs[], struct buf *out, struct error *error)
{
	char *argv[64] = { (char *)program, (char *)"--plan" };
	size_t n = 2;
	for (size_t i = 0; dirs[i] && n + 2 < 64; i++) {
		argv[n++] = (char *)"--spec";
		argv[n++] = (char *)dirs[i];
	}
	int pipe_fds[2];
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_set(error, NULL, 0, 0, "pipe: %s", strerror(errno));
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
	pid_t pid;
	int failed = posix_spawn(&pid, program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fds[1]);
	if (failed) {
		close(pipe_fds[0]);
		return error_set(error, program, 0, 0, "can't be started: %s", strerror(failed));
	}
	collect(pipe_fds[0], out);
	close(pipe_fds[0]);
	int status;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(error, program, 0, 0, "--plan failed%s",
			WIFEXITED(status) ? ", see above" : " by a signal");
	return 0;
}

static const char *const *strings(struct memory *m, const json_t *array)
{
	size_t n = json_array_size(array);
	const char **list = calloc(n + 1, sizeof(*list));
	if (!list)
		abort();
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(array, i));
		list[i] = text ? text : "";
	}
	m->lists = realloc(m->lists, (m->list_count + 1) * sizeof(*m->lists));
	if (!m->lists)
		abort();
	m->lists[m->list_count++] = list;
	return list;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct rig_case *)a)->id, ((const struct rig_case *)b)->id);
}

int suite_load(
	struct suite *out, const char *program, const char *const spec_dirs[], struct error *error)
{
	*out = (struct suite){ 0 };
	struct buf text AUTO_BUF = { 0 };
	if (run_plan(program, spec_dirs, &text, error) < 0)
		return -1;
	json_error_t why;
	json_t *root = json_loadb(buf_text(&text), text.len, 0, &why);
	if (!root || !json_is_array(root)) {
		json_decref(root);
		return error_set(error, program, 0, 0, "--plan printed no list: %s", why.text);
	}
	struct memory *m = calloc(1, sizeof(*m));
	out->cases = calloc(json_array_size(root) + 1, sizeof(*out->cases));
	if (!m || !out->cases)
		abort();
	m->root = root;
	out->memory = m;
	size_t i;
	const json_t *item;
	json_array_foreach (root, i, item) {
		out->cases[out->count++] = (struct rig_case){
			.id = text_of(item, "case"),
			.command = text_of(item, "command"),
			.kind = text_of(item, "kind"),
			.file = text_of(item, "file"),
			.line = (int)json_integer_value(json_object_get(item, "line")),
			.requirements = strings(m, json_object_get(item, "requirements")),
			.tags = strings(m, json_object_get(item, "tags")),
			.needs = strings(m, json_object_get(item, "needs")),
		};
	}
	qsort(out->cases, out->count, sizeof(*out->cases), by_id);
	out->all_count = out->count;
	out->all = calloc(out->count + 1, sizeof(*out->all));
	if (!out->all)
		abort();
	memcpy(out->all, out->cases, out->count * sizeof(*out->all));
	return 0;
}

void suite_finish(struct suite *suite)
{
	struct memory *m = suite->memory;
	if (!m)
		return;
	for (size_t i = 0; i < m->list_count; i++)
		free(m->lists[i]);
	free(m->lists);
	json_decref(m->root);
	free(m);
	free(suite->cases);
	free(suite->all);
	free(suite->elsewhere);
	*suite = (struct suite){ 0 };
}

static bool listed(const char *const *list, const char *word)
{
	for (size_t i = 0; list && list[i]; i++) {
		if (strcmp(list[i], word) == 0)
			return true;
	}
	return false;
}

bool suite_tagged(const struct rig_case *c, const char *tag)
{
	return listed(c->tags, tag);
}

/* A word without '/': requirement, command in either spelling, or family. */
static bool matches_word(const struct rig_case *c, const char *word)
{
	if (listed(c->requirements, word) || (*c->command && strcasecmp(c->command, word) == 0))
		return true;
	const char *family_end = strchr(c->id, '/');
	if (!family_end)
		return false;
	const char *command_end = strchr(family_end + 1, '/');
	size_t family = (size_t)(family_end - c->id);
	size_t command = command_end ? (size_t)(command_end - family_end - 1) : 0;
	return (strlen(word) == family && strncmp(c->id, word, family) == 0) ||
	       (strlen(word) == command && strncasecmp(family_end + 1, word, command) == 0);
}

bool suite_matches(const struct rig_case *c, const char *pattern)
{
	if (!strchr(pattern, '/') && matches_word(c, pattern))
		return true;
	if (text_glob(pattern, c->id))
		return true;
	const char *short_id = strchr(c->id, '/');
	const char *slash = strchr(pattern, '/');
	return short_id && slash && !strchr(slash + 1, '/') && text_glob(pattern, short_id + 1);
}

int suite_select(struct suite *suite, const char *const patterns[], struct error *error)
{
	if (!patterns || !patterns[0])
		return 0;
	for (size_t p = 0; patterns[p]; p++) {
		bool used = false;
		for (size_t i = 0; i < suite->count && !used; i++)
			used = suite_matches(&suite->cases[i], patterns[p]);
		if (!used)
			return error_set(error, NULL, 0, 0,
				"no case matches \"%s\"; `atconform list` shows the names, e.g. "
				"'basic/*', uart_cur, UART_CUR-3",
				patterns[p]);
	}
	size_t kept = 0;
	for (size_t i = 0; i < suite->count; i++) {
		bool wanted = false;
		for (size_t p = 0; patterns[p] && !wanted; p++)
			wanted = suite_matches(&suite->cases[i], patterns[p]);
		if (wanted)
			suite->cases[kept++] = suite->cases[i];
	}
	suite->count = kept;
	return 0;
}

/* FNV-1a, 64 bit. */
static void hash_names(const struct suite *suite, char *hash)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < suite->count; i++)
		for (const char *p = suite->cases[i].id;; p++) {
			h = (h ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
			if (!*p)
				break;
		}
	snprintf(hash, 17, "%016llx", (unsigned long long)h);
}

int suite_shard(struct suite *suite, int index, int of, char *hash, struct error *error)
{
	size_t kept = 0;
	size_t others = 0;
	hash_names(suite, hash);
	if ((size_t)index > suite->count)
		return error_set(error, NULL, 0, 0,
			"--shard %d/%d: the plan has %zu case%s, so that this part has none", index,
			of, suite->count, suite->count == 1 ? "" : "s");
	suite->elsewhere = calloc(suite->count + 1, sizeof(*suite->elsewhere));
	if (!suite->elsewhere)
		abort();
	for (size_t i = 0; i < suite->count; i++) {
		if (i % (size_t)of == (size_t)index - 1)
			suite->cases[kept++] = suite->cases[i];
		else
			suite->elsewhere[others++] = suite->cases[i].id;
	}
	suite->count = kept;
	return 0;
}

int suite_check(const struct suite *suite, const struct spec *spec, struct error *error)
{
	struct spec_case *cases = calloc(suite->count + 1, sizeof(*cases));
	if (!cases)
		abort();
	for (size_t i = 0; i < suite->count; i++) {
		const struct rig_case *c = &suite->cases[i];
		cases[i] = (struct spec_case){ c->id, c->requirements, c->file, c->line };
	}
	int result = spec_check_coverage(spec, cases, suite->count, error);
	free(cases);
	return result;
}
