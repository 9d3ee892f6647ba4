#include "guard.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "index.h"
#include "registry.h"

static struct sigaction before;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Only what may be called in a signal handler. */
static void say(const char *text, size_t length) {
	ssize_t ignored = write(STDERR_FILENO, text, length);
	(void)ignored;
}

static void say_text(const char *text) {
	say(text, strlen(text));
}

static void say_id(const uint32_t id[4]) {
	char text[32];
	for (int i = 0; i < 32; i++)
		text[i] = "0123456789abcdef"[id[i / 8] >> (28 - 4 * (i % 8)) & 15];
	say(text, sizeof text);
}

static void explain(const pm_client *client, uint64_t offset) {
	uint32_t granule = (uint32_t)(offset / PM_GRANULE);
	say_text("plasmid: a write through a read-only view");
	for (uint32_t slot = 1; slot <= client->super->entries_used; slot++) {
		const pm_entry *entry = pm_entry_at(client, slot);
		if (entry->node == 0 || granule < entry->start || granule - entry->start >= entry->granules)
			continue;
		say_text(" of the object ");
		say_id(entry->id);
		if (entry->named) {
			say_text(" (\"");
			say((const char *)pm_name_of(client, entry), entry->name_bytes);
			say_text("\")");
		}
		break;
	}
	say_text(" in ");
	say_text(client->path);
	say_text(". A sealed object never changes: make a copy of your own with .slice() and write to that.\n");
}

static uintptr_t fault_address;
static const pm_client *fault_client;

static void look(pm_client *client) {
	const uint8_t *heap = client->heap;
	if (heap != NULL && fault_address >= (uintptr_t)heap && fault_address - (uintptr_t)heap < client->heap_bytes)
		fault_client = client;
}

static void on_fault(int number, siginfo_t *info, void *context) {
	fault_address = (uintptr_t)info->si_addr;
	fault_client = NULL;
	pm_registry_each(look);
	if (fault_client != NULL) {
		explain(fault_client, fault_address - (uintptr_t)fault_client->heap);
		signal(SIGSEGV, SIG_DFL); /* the instruction faults again, and ends the process */
		return;
	}
	if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != NULL) {
		before.sa_sigaction(number, info, context);
		return;
	}
	if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN && before.sa_handler != NULL) {
		before.sa_handler(number);
		return;
	}
	signal(SIGSEGV, SIG_DFL);
}

static void install(void) {
	struct sigaction action;
	memset(&action, 0, sizeof action);
	action.sa_sigaction = on_fault;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, &before);
}

void pm_guard_install(void) {
	pthread_once(&once, install);
}
