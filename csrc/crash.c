#include "crash.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

#ifdef PLASMID_DEBUG_CHECK
static char armed_name[64];
static uint32_t armed_count;
static int armed_signal;

void pm_crash_point(const char *name) {
	if (armed_count == 0 || strcmp(name, armed_name) != 0)
		return;
	if (--armed_count == 0)
		kill(getpid(), armed_signal);
}

int32_t pm_crash_at(const char *name, uint32_t nth) {
	bool stop = strncmp(name, "stop:", 5) == 0;
	strncpy(armed_name, name + (stop ? 5 : 0), sizeof armed_name - 1);
	armed_signal = stop ? SIGSTOP : SIGKILL;
	armed_count = nth;
	return 0;
}
#else
int32_t pm_crash_at(const char *name, uint32_t nth) {
	(void)name;
	(void)nth;
	return pm_fail(PLASMID_E_PLATFORM, "crash points are in debug builds only");
}
#endif
