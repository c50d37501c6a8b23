/* SPDX-License-Identifier: MIT */
/* An endless row of bytes for every seed: both ends of a connection can make any part of it by
 * themselves, so that gigabytes can be compared without being carried or kept. All byte values
 * occur, and a piece that is lost, doubled or moved does not match. */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* Writes the bytes offset … offset + len - 1 of the row. */
void pattern_fill(uint64_t seed, uint64_t offset, void *out, size_t len);
/* How many of these bytes are as in the row from offset on, before the first that is not. */
size_t pattern_match(uint64_t seed, uint64_t offset, const void *bytes, size_t len);

#endif
