#include "prim/thread.h"

#include <errno.h>
#include <signal.h>

int pm_thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *argument) {
	sigset_t all, before;
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errno = pthread_create(thread, NULL, run, argument);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (errno != 0)
		return -1;
	pthread_setname_np(*thread, name);
	return 0;
}
