/* signal.h - taking a fault's signal, and handing on what is not ours. */
#ifndef PM_SIGNAL_H
#define PM_SIGNAL_H

#include <signal.h>

typedef void pm_signal_handler(int number, siginfo_t *info, void *context);

/* `handler` gets the signal from now on; `before` is who had it. */
void pm_signal_take(int number, pm_signal_handler *handler, struct sigaction *before);

/* From a handler: does what would have been done without it, with the mask that the handler before asked for. Where that is the
 * end of the process, it comes when the caller returns. */
void pm_signal_pass_on(const struct sigaction *before, int number, siginfo_t *info, void *context);

/* The process ends of this signal when the caller, a handler, returns. */
void pm_signal_end(int number, const siginfo_t *info);

#endif
