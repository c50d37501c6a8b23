/* SPDX-License-Identifier: MIT */
/* Judges one recorded exchange against the model, without a device. */
#ifndef SPEC_JUDGE_H
#define SPEC_JUDGE_H

#include "base/buf.h"
#include "spec/profile.h"
#include "spec/spec.h"

enum judgement {
	JUDGED_CONFORMS, /* fits the document */
	JUDGED_DEVIATES, /* fits a deviation listed in the profile: `id` */
	JUDGED_BREAKS,   /* fits neither: `id` is the requirement, `why` the difference */
	JUDGED_UNSCORED, /* the document says nothing of it (undocumented form, bare ATE, …) */
	JUDGED_UNKNOWN,  /* the model has no such command */
};

struct exchange {
	const char *command;      /* without CR LF */
	const char *const *lines; /* information lines, blank ones left out */
	size_t line_count;
	const char *final; /* "OK", "ERROR", or "" when none came */
};

struct judged {
	enum judgement judgement;
	char id[64];
	char why[256];
	const struct form *form; /* the command has; NULL: none that is documented */
	bool refusal;            /* the command line is to be refused */
};

/* What the document lets the module answer, for a reader: `+CWMODE:<mode> OK`. Nothing when it says
 * nothing. */
void judge_expected(struct buf *out, const struct judged *judged);
void judge_exchange(struct judged *out, const struct spec *spec, const struct profile *profile,
	const struct exchange *exchange);

#endif
