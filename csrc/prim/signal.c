#include "prim/signal.h"

#include <string.h>
#include <ucontext.h>

void pm_signal_take(int number, pm_signal_handler *handler, struct sigaction *before) {
	struct sigaction action;
	memset(&action, 0, sizeof action);
	action.sa_sigaction = handler;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER; /* a handler may run into the other fault */
	sigemptyset(&action.sa_mask);
	sigaction(number, &action, before);
}

void pm_signal_end(int number, const siginfo_t *info) {
	signal(number, SIG_DFL);
	if (info->si_code <= 0)
		raise(number); /* another process sent it: no instruction will fault again */
}

void pm_signal_pass_on(const struct sigaction *before, int number, siginfo_t *info, void *context) {
	if (before->sa_handler == SIG_IGN && info->si_code <= 0)
		return;
	/* The kernel ignores no fault. */
	if (before->sa_handler == SIG_DFL || before->sa_handler == SIG_IGN) {
		pm_signal_end(number, info);
		return;
	}
	sigset_t mask = before->sa_mask;
	sigorset(&mask, &mask, &((ucontext_t *)context)->uc_sigmask);
	if ((before->sa_flags & SA_NODEFER) == 0)
		sigaddset(&mask, number);
	if ((before->sa_flags & SA_RESETHAND) != 0)
		signal(number, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &mask, NULL); /* returning from the handler takes it back */
	if ((before->sa_flags & SA_SIGINFO) != 0)
		before->sa_sigaction(number, info, context);
	else
		before->sa_handler(number);
}
