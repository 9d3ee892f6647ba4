/* fingerprint.h - what all builds that may share a segment have in common: each field of each struct in it, by name, offset and size. */
#ifndef PM_FINGERPRINT_H
#define PM_FINGERPRINT_H

#include <stdint.h>

/* The same in two builds if they take a segment's bytes for the same things. spec/fingerprint.spec.ts: no field is missing. */
uint64_t pm_fingerprint(void);

/* A hash with one more value in it. */
uint64_t pm_fold(uint64_t hash, uint64_t value);

#endif
