/* stepper.h - stepping a process through an operation, one instruction at a time, and asking at each change of the segment: what if it
 * died now?
 *
 * The stepped process is stopped after every instruction (ptrace). When the segment differs from what it was, its image is copied
 * to a file of its own, where only the survivor's lock byte is held: that is what a fresh opener finds if the process dies there. */
#ifndef SPEC_STEPPER_H
#define SPEC_STEPPER_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>

#include "layout.h"
#include "support.h"

/* A segment as it lies in a file, mapped for reading. */
typedef struct segment_view {
	int fd;
	const uint8_t *base;
	uint64_t bytes;
	const pm_superblock *super;
} segment_view;

static inline const char *path_of_store(const char *store) {
	static char path[2][256];
	static int turn;
	char *to = path[turn++ & 1];
	snprintf(to, sizeof path[0], DIRECTORY "/%s.plasmid", store);
	return to;
}

/* False if there is no such file yet. */
static inline bool view_segment(const char *store, segment_view *view) {
	struct stat info;
	view->fd = open(path_of_store(store), O_RDWR | O_CLOEXEC);
	if (view->fd < 0)
		return false;
	CHECK(fstat(view->fd, &info) == 0);
	view->bytes = (uint64_t)info.st_size;
	view->base = mmap(NULL, view->bytes, PROT_READ, MAP_SHARED, view->fd, 0);
	CHECK(view->base != MAP_FAILED);
	view->super = (const pm_superblock *)view->base;
	return true;
}

static inline void leave_segment(segment_view *view) {
	munmap((void *)(uintptr_t)view->base, view->bytes);
	close(view->fd);
}

/* The parts of the file that hold anything. */
typedef struct part {
	uint64_t at, bytes;
} part;

#define PARTS 10
#define FILES_LOOKED_AT 8u /* more files than any operation here makes */

static inline uint32_t later_of(uint32_t end, uint64_t span) {
	uint32_t other = pm_span_start(span) + pm_span_granules(span);
	return other > end ? other : end;
}

/* Granules of the heap that hold anything: what is read back, and what stays of what was spilled, may stand where no put has been. */
static inline uint32_t heap_end(const segment_view *view) {
	const pm_superblock *s = view->super;
	const pm_entry *entries = (const pm_entry *)(view->base + s->plan.entries_at);
	const pm_place *places = (const pm_place *)(view->base + s->plan.places_at);
	uint32_t end = s->touched;
	for (uint32_t slot = 1; s->plan.places_at != 0 && slot <= s->entries_used; slot++) {
		if (pm_word_state(entries[slot].word) == PLASMID_SEALED)
			end = later_of(end, pm_span(entries[slot].start, entries[slot].granules));
		end = later_of(later_of(end, places[slot].trailer), places[slot].target);
	}
	return end;
}

static inline int parts_of(const segment_view *view, part parts[PARTS]) {
	const pm_superblock *s = view->super;
	uint64_t slots = (uint64_t)s->entries_reserved + 1;
	int count = 0;
	parts[count++] = (part){0, s->plan.names_at};
	parts[count++] = (part){s->plan.names_at, slots * sizeof(uint32_t)};
	parts[count++] = (part){s->plan.entries_at, slots * sizeof(pm_entry)};
	parts[count++] = (part){s->plan.holds_at, slots * 2 * s->plan.hold_words * sizeof(uint64_t)};
	parts[count++] = (part){s->plan.nodes_at, (uint64_t)s->nodes_reserved * sizeof(pm_extent)};
	parts[count++] = (part){s->plan.heap_at, (uint64_t)heap_end(view) * PM_GRANULE};
	/* One record more than is counted: it may be being written. */
	uint64_t cells = s->event_next > 1 || s->subscribers > 0 ? s->event_head + 1 : 0;
	parts[count++] = (part){s->plan.events_at, (cells < PM_EVENT_CELLS ? cells : PM_EVENT_CELLS) * sizeof(pm_event)};
	if (s->plan.files_at == 0)
		return count;
	parts[count++] = (part){s->plan.spill_at, sizeof(pm_spill)};
	parts[count++] = (part){s->plan.files_at, FILES_LOOKED_AT * sizeof(pm_spill_file)};
	parts[count++] = (part){s->plan.places_at, slots * sizeof(pm_place)};
	return count;
}

/* What the segment was at the last look. */
typedef struct shadow {
	uint8_t *bytes;
	uint64_t size;
} shadow;

/* Has it changed since? Then the shadow follows. */
static inline bool changed(const segment_view *view, shadow *last) {
	part parts[PARTS];
	bool any = last->bytes == NULL;
	if (any) {
		last->size = view->bytes;
		last->bytes = calloc(1, last->size);
		CHECK(last->bytes != NULL);
	}
	int count = parts_of(view, parts);
	for (int i = 0; i < count; i++) {
		if (memcmp(last->bytes + parts[i].at, view->base + parts[i].at, parts[i].bytes) == 0)
			continue;
		memcpy(last->bytes + parts[i].at, view->base + parts[i].at, parts[i].bytes);
		any = true;
	}
	return any;
}

/* Copies the segment to a store of that name. The descriptor through which the survivor's byte is held. */
static inline int copy_segment(const segment_view *view, const char *store, uint32_t survivor) {
	part parts[PARTS];
	int count = parts_of(view, parts);
	int fd = open(path_of_store(store), O_RDWR | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0 && ftruncate(fd, (off_t)view->bytes) == 0);
	/* What is committed must be there, written to or not. */
	uint64_t committed = (uint64_t)view->super->committed * PM_GRANULE;
	CHECK(committed == 0 || fallocate(fd, 0, (off_t)view->super->plan.heap_at, (off_t)committed) == 0);
	for (int i = 0; i < count; i++)
		CHECK(pwrite(fd, view->base + parts[i].at, parts[i].bytes, (off_t)parts[i].at) == (ssize_t)parts[i].bytes);
	struct flock byte = {.l_type = F_WRLCK, .l_start = (off_t)(PM_LOCK_BYTES_AT + survivor), .l_len = 1};
	CHECK(fcntl(fd, F_OFD_SETLK, &byte) == 0);
	return fd;
}

/* The survivor dies, too. */
static inline void let_survivor_die(int fd) {
	struct flock none = {.l_type = F_UNLCK, .l_start = (off_t)PM_LOCK_BYTES_AT, .l_len = PM_MAX_CLIENTS};
	CHECK(fcntl(fd, F_OFD_SETLK, &none) == 0);
}

/* A child that runs `what` up to its first pause(), which is a stop with SIGSTOP. */
static inline void pause_here(void) {
	raise(SIGSTOP);
}

static inline pid_t start_child(void (*what)(void), bool traced) {
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		/* A test that fails leaves nobody behind. */
		CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
		if (traced)
			CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
		what();
		_exit(0);
	}
	int status;
	CHECK(waitpid(pid, &status, WUNTRACED) == pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	return pid;
}

static inline void end_child(pid_t pid) {
	int status;
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == pid && !WIFSIGNALED(status) && !WIFEXITED(status)) {
	}
}

/* One instruction further. False when it paused, or ended. */
static inline bool step(pid_t pid) {
	int status;
	CHECK(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status))
		return false;
	CHECK(WIFSTOPPED(status));
	if (WSTOPSIG(status) == SIGSTOP)
		return false;
	CHECK(WSTOPSIG(status) == SIGTRAP);
	return true;
}

/* Some containers forbid it. */
static inline bool may_step(void) {
	pid_t pid = fork();
	int status;
	CHECK(pid >= 0);
	if (pid == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 1);
	CHECK(waitpid(pid, &status, 0) == pid);
	if (status != 0)
		printf("NOT TRIED: this system does not allow ptrace\n");
	return status == 0;
}

/* A string instruction is stepped once for each of its iterations, 65,000 times to clear an exchange: the C library shall use loops. */
static inline void without_string_instructions(char **arguments) {
	static char tunables[] = "glibc.cpu.x86_rep_stosb_threshold=1000000000:glibc.cpu.x86_rep_movsb_threshold=1000000000";
	if (getenv("GLIBC_TUNABLES") != NULL)
		return;
	CHECK(setenv("GLIBC_TUNABLES", tunables, 1) == 0);
	execv("/proc/self/exe", arguments);
}

/* Whoever steps and whoever is stepped take turns: on one core that is several times faster than on two. */
static inline void stay_on_one_core(void) {
	cpu_set_t cores;
	CPU_ZERO(&cores);
	CPU_SET(sched_getcpu(), &cores);
	CHECK(sched_setaffinity(0, sizeof cores, &cores) == 0);
}

#endif
