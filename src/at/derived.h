/* SPDX-License-Identifier: MIT */
/* Runs a case that was derived from the model: its steps one by one. */
#ifndef AT_DERIVED_H
#define AT_DERIVED_H

/* What Criterion runs for a registered derived case. The worker finds the case by the names of the
 * running test and derives it again from the model of its command. */
void at_derived_test(void);
/* Its .init: the derivation, which takes longer than many a case, is done before the lease. */
void at_derived_begin(void);

#endif
