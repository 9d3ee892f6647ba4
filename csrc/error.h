/* error.h - what went wrong, in a sentence, for the thread that asks. */
#ifndef PM_ERROR_H
#define PM_ERROR_H

#include <stdint.h>

#include "plasmid.h"

/* Notes the detail (printf-style) and returns `code`, so that callers say `return pm_fail(PLASMID_E_..., "...")`. */
int32_t pm_fail(int32_t code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for a failed system call: `what` was done; errno says why. ENOSPC, EDQUOT and ENOMEM get codes of their own. */
int32_t pm_fail_errno(const char *what);

#endif
