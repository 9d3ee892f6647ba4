/* Each operation that changes a segment is stepped through, instruction by instruction. After each one that changed it, the image is
 * opened as if the process had died there: the checker finds nothing, every sealed object is there byte for byte, nothing unsealed of
 * the dead is left, the survivor's holds are what they were, everything can be done as before; and when all is freed, no byte is used. */
#include "stepper.h"

#include "client.h"
#include "hold.h"
#include "index.h"

#define MOST 160
#define SURVIVOR 0u /* records are taken from the first on */
#define MOST_POINTS 4000u

/* ---- what is in a store ---------------------------------------------------------------------------- */

typedef struct object {
	uint32_t slot, id[4], pins;
	bool leased, handled; /* by the survivor */
} object;

typedef struct picture {
	object objects[MOST];
	uint32_t count;
} picture;

static const pm_entry *entry_at(const segment_view *view, uint32_t slot) {
	return (const pm_entry *)(view->base + view->super->plan.entries_at) + slot;
}

static const uint64_t *holds_at(const segment_view *view, uint32_t slot) {
	return (const uint64_t *)(view->base + view->super->plan.holds_at) +
	       (uint64_t)slot * 2 * view->super->plan.hold_words;
}

/* Every in-band byte that these tests write is the length of what was written. */
static bool as_written(const segment_view *view, const pm_entry *entry) {
	const uint8_t *bytes = view->base + view->super->plan.heap_at + (uint64_t)entry->start * PM_GRANULE;
	for (uint32_t i = 0; i < entry->inband; i++)
		if (bytes[i] != (uint8_t)entry->inband)
			return false;
	return true;
}

static void take_picture(const segment_view *view, picture *out) {
	out->count = 0;
	for (uint32_t slot = 1; slot <= view->super->entries_reserved; slot++) {
		const pm_entry *entry = entry_at(view, slot);
		if (pm_word_state(entry->word) != PLASMID_SEALED)
			continue;
		CHECK(out->count < MOST);
		object *at = &out->objects[out->count++];
		*at = (object){.slot = slot,
		               .pins = entry->pins,
		               .leased = (holds_at(view, slot)[0] >> SURVIVOR & 1) != 0,
		               .handled = (holds_at(view, slot)[view->super->plan.hold_words] >> SURVIVOR & 1) != 0};
		memcpy(at->id, entry->id, sizeof at->id);
	}
}

static const object *find(const picture *in, const object *what) {
	for (uint32_t i = 0; i < in->count; i++)
		if (memcmp(in->objects[i].id, what->id, sizeof what->id) == 0)
			return &in->objects[i];
	return NULL;
}

/* ---- operations ------------------------------------------------------------------------------------ */

static const char *name;
static plasmid_store *store;
static plasmid_ref target;
static uint32_t token;

static plasmid_options options;
static bool told; /* the survivor is subscribed to all events */

static void open_store(void) {
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
}

static plasmid_item item_of(uint32_t bytes, const char *label, const plasmid_ref *refs, uint32_t count,
                            uint32_t flags) {
	static uint8_t data[5000];
	memset(data, (int)(uint8_t)bytes, sizeof data);
	return (plasmid_item){.inband = (uint64_t)(uintptr_t)data,
	                      .inband_bytes = bytes,
	                      .references = (uint64_t)(uintptr_t)refs,
	                      .reference_count = count,
	                      .name = (uint64_t)(uintptr_t)label,
	                      .name_bytes = label == NULL ? 0 : (uint16_t)strlen(label),
	                      .flags = flags};
}

static plasmid_ref put(uint32_t bytes, const char *label, const plasmid_ref *refs, uint32_t count, uint32_t flags) {
	plasmid_item item = item_of(bytes, label, refs, count, flags);
	WELL(plasmid_put_many(store, &item, 1));
	token = item.token;
	return item.ref;
}

static uint32_t draft(uint32_t bytes, const char *label, const plasmid_ref *refs, uint32_t count) {
	plasmid_item item = item_of(bytes, label, refs, count, 0);
	int32_t made = plasmid_create(store, &item);
	WELL(made);
	target = item.ref;
	return (uint32_t)made;
}

static plasmid_ref named(const char *label) {
	plasmid_exchange *exchange = plasmid_exchange_of(store);
	memcpy(exchange->name, label, strlen(label));
	WELL(plasmid_find(store, (uint32_t)strlen(label)));
	return exchange->ref;
}

/* What every operation finds: pinned, leased, held and contained objects, and some that are cache. */
static void survive(void) {
	open_store();
	plasmid_ref inner[2] = {put(40, NULL, NULL, 0, 0), put(700, NULL, NULL, 0, 0)};
	put(100, "container", inner, 2, PLASMID_ITEM_PIN);
	put(200, "pinned", NULL, 0, PLASMID_ITEM_PIN);
	plasmid_ref leased = put(3000, "leased", NULL, 0, 0);
	plasmid_item large = item_of(64, "large", NULL, 0, PLASMID_ITEM_PIN);
	plasmid_span span = {.bytes = 40000};
	large.buffers = (uint64_t)(uintptr_t)&span;
	large.buffer_count = 1;
	WELL(plasmid_put_many(store, &large, 1));
	WELL(plasmid_lease(store, REF(large.ref)));
	WELL(plasmid_lease(store, REF(leased)));
	for (uint32_t i = 0; i < 6; i++) {
		char label[16];
		snprintf(label, sizeof label, "cache/%u", i);
		put(50 + 90 * i, label, NULL, 0, 0);
		WELL(plasmid_forget(store, token));
	}
	if (told)
		WELL(plasmid_subscribe(store, UINT32_MAX, 0));
	pause_here();
}

static void begin(void) {
	open_store();
}

static void begin_draft(void) {
	open_store();
	token = draft(300, "new", NULL, 0);
}

static void begin_container_draft(void) {
	open_store();
	static plasmid_ref refs[2];
	refs[0] = named("pinned");
	refs[1] = named("cache/1");
	token = draft(300, "new", refs, 2);
}

static void begin_pinned(void) {
	open_store();
	target = named("pinned");
}

static void begin_cached(void) {
	open_store();
	target = named("cache/2");
}

static void begin_container(void) {
	open_store();
	target = named("container");
}

static void begin_held(void) {
	open_store();
	target = put(400, "mine", NULL, 0, 0);
}

static void begin_leased(void) {
	open_store();
	target = named("large");
	WELL(plasmid_lease(store, REF(target)));
	token = (uint32_t)((plasmid_buffer_row *)(uintptr_t)plasmid_exchange_of(store)->rows)[0].context;
}

/* Full to the last slot but for cache, so that each put takes another's place. */
static void begin_full(void) {
	open_store();
	for (uint32_t i = 0; i < 70; i++) {
		put(60, NULL, NULL, 0, 0);
		WELL(plasmid_forget(store, token));
	}
}

static void do_put_small(void) {
	memset(plasmid_exchange_of(store)->data, 33, 33);
	WELL(plasmid_put_small(store, 33));
}

/* As often as it takes before a store takes room ahead, and once more. */
static void begin_stashed(void) {
	open_store();
	for (uint32_t i = 0; i < PM_STASH_SLOTS + 1; i++)
		do_put_small();
}

static void begin_before_stash(void) {
	open_store();
	for (uint32_t i = 0; i < PM_STASH_SLOTS; i++)
		do_put_small();
}

/* Holes of several sizes between kept objects. */
static void begin_ragged(void) {
	open_store();
	uint32_t tokens[20];
	for (uint32_t i = 0; i < 20; i++) {
		target = put(100 + 200 * (i % 7), NULL, NULL, 0, 0);
		tokens[i] = token;
	}
	for (uint32_t i = 0; i < 20; i += 3)
		WELL(plasmid_forget(store, tokens[i]));
}

static void do_subscribe(void) {
	WELL(plasmid_subscribe(store, UINT32_MAX, 1));
}

static void begin_subscribed(void) {
	open_store();
	do_subscribe();
}

static void do_unsubscribe(void) {
	WELL(plasmid_unsubscribe(store, 1));
}

/* A client that has used up its share; others have older cache. */
static void begin_quota(void) {
	options.quota = 20 * PM_GRANULE;
	open_store();
	options.quota = 0;
	for (uint32_t i = 0; i < 10; i++) {
		put(100, NULL, NULL, 0, 0);
		WELL(plasmid_forget(store, token));
	}
}

static void do_put_over_quota(void) {
	put(400, "over", NULL, 0, 0);
}

static void do_put_named(void) {
	put(900, "cache/0", NULL, 0, PLASMID_ITEM_REPLACE | PLASMID_ITEM_PIN);
}
static void do_put_container(void) {
	plasmid_ref refs[2] = {named("cache/4"), named("container")};
	put(90, "outer", refs, 2, 0);
}
static void do_put_many(void) {
	plasmid_item items[3] = {item_of(77, "many/0", NULL, 0, 0), item_of(77, NULL, NULL, 0, 0),
	                         item_of(77, "many/1", NULL, 0, 0)};
	WELL(plasmid_put_many(store, items, 3));
}
static void do_create(void) {
	draft(500, "new", NULL, 0);
}
static void do_seal(void) {
	WELL(plasmid_seal(store, token));
}
static void do_abort(void) {
	WELL(plasmid_abort(store, token));
}
static void do_pin(void) {
	WELL(plasmid_pin(store, REF(target)));
}
static void do_unpin(void) {
	WELL(plasmid_unpin(store, REF(target)));
}
static void do_refresh(void) {
	WELL(plasmid_refresh(store, REF(target)));
}
static void do_free(void) {
	WELL(plasmid_free(store, REF(target)));
}
static void do_hold(void) {
	WELL(plasmid_hold(store, REF(target)));
}
static void do_forget(void) {
	WELL(plasmid_forget(store, token));
}
static void do_lease(void) {
	WELL(plasmid_lease(store, REF(target)));
}
static void do_release(void) {
	plasmid_release(NULL, (void *)plasmid_context(store, token));
	WELL(plasmid_drain(store));
}
static void do_evict_many(void) {
	plasmid_span span = {.bytes = 600000};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	WELL(plasmid_create(store, &item));
}
static void do_take_back(void) {
	plasmid_span span = {.bytes = options.capacity - 4096};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	CHECK(plasmid_create(store, &item) == PLASMID_E_STORE_FULL);
}
static void do_grow(void) {
	plasmid_span span = {.bytes = 1200000};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	WELL(plasmid_create(store, &item));
}
static void do_trim(void) {
	WELL(plasmid_trim(store));
}
static void do_reap(void) {
	WELL(plasmid_reap(store));
}
static void do_open(void) {
	open_store();
}
static void do_close(void) {
	WELL(plasmid_close(store));
}

/* A client that holds a bit of everything when it is killed. */
static void die_holding(void) {
	begin_leased();
	WELL(plasmid_hold(store, REF(named("cache/3"))));
	plasmid_ref refs[2] = {named("pinned"), named("cache/1")};
	draft(300, "draft", refs, 2);
	pause_here();
}

static void die_putting(void) {
	open_store();
	pause_here();
	do_put_container();
}

static void die_freeing(void) {
	begin_container();
	pause_here();
	do_free();
}

typedef struct operation {
	const char *what;
	void (*prepare)(void), (*act)(void);
	void (*dead)(void);        /* what a client was doing that died before */
	uint32_t changes;          /* after how many changes under the lock; 0: when it paused */
	uint32_t max_objects, mib; /* of the store, if not the smallest */
	bool told;                 /* the survivor is subscribed to events */
} operation;

static const operation OPERATIONS[] = {
		{.what = "put, small", .prepare = begin, .act = do_put_small},
		{.what = "put, named, replaces", .prepare = begin, .act = do_put_named},
		{.what = "put, contains", .prepare = begin, .act = do_put_container},
		{.what = "put, many", .prepare = begin, .act = do_put_many},
		{.what = "put, takes over", .prepare = begin_full, .act = do_put_small},
		{.what = "create", .prepare = begin, .act = do_create},
		{.what = "create, splits", .prepare = begin_ragged, .act = do_create},
		{.what = "create, evicts", .prepare = begin_full, .act = do_evict_many},
		{.what = "seal", .prepare = begin_draft, .act = do_seal},
		{.what = "seal, contains", .prepare = begin_container_draft, .act = do_seal},
		{.what = "abort", .prepare = begin_draft, .act = do_abort},
		{.what = "pin", .prepare = begin_cached, .act = do_pin},
		{.what = "unpin", .prepare = begin_pinned, .act = do_unpin},
		{.what = "refresh", .prepare = begin_cached, .act = do_refresh},
		{.what = "free", .prepare = begin_cached, .act = do_free},
		{.what = "free, contains", .prepare = begin_container, .act = do_free},
		{.what = "free, coalesces", .prepare = begin_ragged, .act = do_free},
		{.what = "hold", .prepare = begin_cached, .act = do_hold},
		{.what = "drop", .prepare = begin_held, .act = do_forget},
		{.what = "lease", .prepare = begin_cached, .act = do_lease},
		{.what = "release", .prepare = begin_leased, .act = do_release},
		{.what = "trim", .prepare = begin_full, .act = do_trim},
		{.what = "join", .act = do_open},
		{.what = "part", .prepare = begin_held, .act = do_close},
		{.what = "put, fills a stash", .prepare = begin_before_stash, .act = do_put_small, .max_objects = 8192},
		{.what = "put, from the stash", .prepare = begin_stashed, .act = do_put_small, .max_objects = 8192},
		{.what = "create, takes back", .prepare = begin_stashed, .act = do_take_back, .max_objects = 8192},
		{.what = "part, with a stash", .prepare = begin_stashed, .act = do_close, .max_objects = 8192},
		{.what = "create, grows", .prepare = begin, .act = do_grow, .mib = 2},
		{.what = "put, over its quota", .prepare = begin_quota, .act = do_put_over_quota},
		{.what = "put, told of", .prepare = begin, .act = do_put_small, .told = true},
		{.what = "put, replaces, told", .prepare = begin, .act = do_put_named, .told = true},
		{.what = "put, takes over, told", .prepare = begin_full, .act = do_put_small, .told = true},
		{.what = "create, evicts, told", .prepare = begin_full, .act = do_evict_many, .told = true},
		{.what = "free, told of", .prepare = begin_container, .act = do_free, .told = true},
		{.what = "reap, told of", .prepare = begin, .act = do_reap, .dead = die_holding, .told = true},
		{.what = "recover, told", .act = do_open, .dead = die_putting, .changes = 40, .told = true},
		{.what = "subscribe", .prepare = begin_stashed, .act = do_subscribe, .max_objects = 8192},
		{.what = "unsubscribe", .prepare = begin_subscribed, .act = do_unsubscribe},
		{.what = "part, subscribed", .prepare = begin_subscribed, .act = do_close},
		{.what = "reap", .prepare = begin, .act = do_reap, .dead = die_holding},
		{.what = "recover, early", .act = do_open, .dead = die_putting, .changes = 2},
		{.what = "recover, half-way", .act = do_open, .dead = die_putting, .changes = 40},
		{.what = "recover, freeing", .act = do_open, .dead = die_freeing, .changes = 6},
};

/* ---- what is found after a death ---------------------------------------------------------------------- */

/* What became of the objects that were there before, and what is there now and was not. */
typedef struct findings {
	bool missing[MOST], repinned[MOST];
	picture fresh;
} findings;

static void compare(const picture *before, const picture *now, findings *out) {
	memset(out, 0, sizeof *out);
	for (uint32_t i = 0; i < before->count; i++) {
		const object *was = &before->objects[i], *is = find(now, was);
		if (is == NULL) {
			out->missing[i] = true;
			continue;
		}
		CHECK(is->leased == was->leased && is->handled == was->handled);
		CHECK(is->pins + 1 >= was->pins && is->pins <= was->pins + 1);
		out->repinned[i] = is->pins != was->pins;
	}
	for (uint32_t i = 0; i < now->count; i++)
		if (find(before, &now->objects[i]) == NULL)
			out->fresh.objects[out->fresh.count++] = now->objects[i];
}

/* Nothing of the dead is left: no draft, no hold. */
static void nothing_of_the_dead(const segment_view *view, uint32_t self) {
	uint64_t living = 1ull << SURVIVOR | 1ull << self;
	for (uint32_t slot = 1; slot <= view->super->entries_reserved; slot++) {
		const pm_entry *entry = entry_at(view, slot);
		CHECK(((holds_at(view, slot)[0] | holds_at(view, slot)[1]) & ~living) == 0);
		CHECK(pm_word_state(entry->word) != PLASMID_CREATED);
		if (pm_word_state(entry->word) == PLASMID_SEALED)
			CHECK(as_written(view, entry));
	}
}

/* How often the ring tells of that object, by its seal or by its end. */
static uint32_t times_told(const segment_view *view, const object *of, bool end) {
	const pm_event *events = (const pm_event *)(view->base + view->super->plan.events_at);
	uint32_t times = 0;
	for (uint64_t cell = view->super->event_tail; cell < view->super->event_head;) {
		const pm_event *event = &events[cell % PM_EVENT_CELLS];
		bool is_end = event->kind == PLASMID_KIND_EVICT || event->kind == PLASMID_KIND_FREE;
		bool is_seal = event->kind == PLASMID_KIND_SEAL;
		times += memcmp(event->id, of->id, sizeof of->id) == 0 && (end ? is_end : is_seal);
		cell += 1 + (event->name_bytes + sizeof *event - 1) / sizeof *event;
	}
	return times;
}

/* The ring says what happened, each thing once, and nothing that did not: whoever is subscribed has the same picture. */
static void told_the_truth(const segment_view *view, const picture *before, const findings *found) {
	for (uint32_t i = 0; i < before->count; i++)
		CHECK(times_told(view, &before->objects[i], true) == found->missing[i]);
	for (uint32_t i = 0; i < found->fresh.count; i++) {
		CHECK(times_told(view, &found->fresh.objects[i], false) == 1);
		CHECK(times_told(view, &found->fresh.objects[i], true) == 0);
	}
	const pm_event *events = (const pm_event *)(view->base + view->super->plan.events_at);
	for (uint64_t cell = view->super->event_tail; cell < view->super->event_head;) {
		const pm_event *event = &events[cell % PM_EVENT_CELLS];
		object sealed = {0};
		memcpy(sealed.id, event->id, sizeof sealed.id);
		if (event->kind == PLASMID_KIND_SEAL && times_told(view, &sealed, true) == 0)
			CHECK(find(before, &sealed) != NULL || find(&found->fresh, &sealed) != NULL);
		cell += 1 + (event->name_bytes + sizeof *event - 1) / sizeof *event;
	}
}

static void work_as_before(void) {
	for (uint32_t i = 0; i < 3; i++) {
		do_put_small();
		target = put(60 + i, "later", NULL, 0, PLASMID_ITEM_REPLACE);
		WELL(plasmid_pin(store, REF(target)));
		WELL(plasmid_lease(store, REF(target)));
		WELL(plasmid_free(store, REF(target)));
	}
	WELL(plasmid_seal(store, draft(1500, NULL, NULL, 0)));
	WELL(plasmid_check(store));
}

static void free_everything(const segment_view *view) {
	picture all;
	plasmid_stats stats;
	take_picture(view, &all);
	for (uint32_t i = 0; i < all.count; i++) {
		const object *at = &all.objects[i];
		WELL(plasmid_free(store, at->slot, at->id[0], at->id[1], at->id[2], at->id[3]));
	}
	WELL(plasmid_drain(store));
	WELL(plasmid_stats_of(store, &stats));
	CHECK(stats.used == 0);
	WELL(plasmid_check(store));
}

/* In a process of its own: opens the image, heals it, tells what is there, uses it. */
static void examine(const char *image, int survivor, const picture *before, int to) {
	segment_view view;
	picture now;
	findings found;
	name = image;
	open_store();
	CHECK(view_segment(image, &view));
	WELL(plasmid_reap(store));
	WELL(plasmid_check(store));
	nothing_of_the_dead(&view, store->client->slot);
	take_picture(&view, &now);
	compare(before, &now, &found);
	/* What is sealed is whole: nothing is ever put aside. */
	CHECK(view.super->quarantined == 0);
	if (told) {
		CHECK(view.super->subscribers == 1);
		told_the_truth(&view, before, &found);
	}
	CHECK(write(to, &found, sizeof found) == (ssize_t)sizeof found);
	let_survivor_die(survivor);
	WELL(plasmid_reap(store));
	WELL(plasmid_check(store));
	free_everything(&view);
	work_as_before();
	WELL(plasmid_close(store));
	_exit(0);
}

/* ---- stepping ---------------------------------------------------------------------------------------- */

static const operation *now_stepped;
static uint32_t living = SURVIVOR; /* whose byte is held in an image */

static void stepped(void) {
	if (now_stepped->prepare != NULL)
		now_stepped->prepare();
	pause_here();
	now_stepped->act();
	pause_here();
}

static findings look_at_death(const segment_view *view, const picture *before, uint32_t point, uint64_t instruction) {
	char image[80];
	findings found;
	int pipes[2], status;
	snprintf(image, sizeof image, "%s-%u", name, point);
	int survivor = copy_segment(view, image, living);
	CHECK(pipe(pipes) == 0);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		examine(image, survivor, before, pipes[1]);
	CHECK(waitpid(pid, &status, 0) == pid);
	close(pipes[1]);
	if (status != 0 || read(pipes[0], &found, sizeof found) != (ssize_t)sizeof found) {
		fprintf(stderr, "%s: dead after instruction %llu, change %u: status %x\n", now_stepped->what,
		        (unsigned long long)instruction, point, (unsigned)status);
		if (getenv("PLASMID_TEST_KEEP") == NULL)
			unlink(path_of_store(image));
		plasmid_destroy(DIRECTORY, name);
		exit(1);
	}
	close(pipes[0]);
	close(survivor);
	unlink(path_of_store(image));
	return found;
}

/* The survivor's byte is the kernel's to drop, soon after it is killed. */
static void wait_for_death(plasmid_store *of) {
	plasmid_stats stats;
	do {
		WELL(plasmid_reap(of));
		WELL(plasmid_stats_of(of, &stats));
	} while (stats.clients > 1);
}

/* The same for a process that is killed for real, at that change: its locks are the kernel's to drop. */
static void kill_really(uint32_t change) {
	segment_view view;
	picture before;
	shadow last = {0};
	int status;
	name = fresh_name();
	pid_t survivor = start_child(survive, false);
	pid_t pid = start_child(stepped, true);
	CHECK(view_segment(name, &view));
	take_picture(&view, &before);
	changed(&view, &last);
	for (uint32_t left = change; left > 0;) {
		if (!step(pid))
			break;
		left -= changed(&view, &last);
	}
	end_child(pid);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		segment_view own;
		open_store();
		CHECK(view_segment(name, &own));
		WELL(plasmid_reap(store));
		WELL(plasmid_check(store));
		nothing_of_the_dead(&own, store->client->slot);
		kill(survivor, SIGKILL);
		wait_for_death(store);
		free_everything(&own);
		work_as_before();
		WELL(plasmid_close(store));
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	end_child(survivor);
	leave_segment(&view);
	free(last.bytes);
	CHECK(plasmid_destroy(DIRECTORY, name) == 0);
}

/* What was found after each death lies between what was before and what is after the operation. */
static void between(const findings *all, uint32_t points, const picture *before, const picture *after) {
	findings whole;
	compare(before, after, &whole);
	for (uint32_t i = 0; i < points; i++) {
		for (uint32_t k = 0; k < before->count; k++) {
			CHECK(whole.missing[k] || !all[i].missing[k]);
			CHECK(whole.repinned[k] || !all[i].repinned[k]);
		}
		for (uint32_t k = 0; k < all[i].fresh.count; k++)
			CHECK(find(&whole.fresh, &all[i].fresh.objects[k]) != NULL);
	}
}

/* A client that holds things, or has the lock and has changed so much. */
static pid_t bring_near_death(const operation *what) {
	segment_view view;
	shadow last = {0};
	pid_t pid = start_child(what->dead, true);
	CHECK(view_segment(name, &view));
	changed(&view, &last);
	for (uint32_t left = what->changes; left > 0;) {
		CHECK(step(pid));
		if (changed(&view, &last) && view.super->lock != 0)
			left--;
	}
	leave_segment(&view);
	free(last.bytes);
	return pid;
}

/* The number of points at which it may have died. */
static uint32_t step_through(const operation *what) {
	static findings all[MOST_POINTS];
	segment_view view;
	picture before, after;
	shadow last = {0};
	uint32_t points = 0;
	uint64_t instructions = 0;
	name = fresh_name();
	now_stepped = what;
	told = what->told;
	options = (plasmid_options){.capacity = (uint64_t)(what->mib != 0 ? what->mib : 1) << 20,
	                            .max_objects = what->max_objects != 0 ? what->max_objects : 64,
	                            .max_clients = 8};
	pid_t survivor = start_child(survive, false);
	pid_t dead = what->dead != NULL ? bring_near_death(what) : 0;
	if (dead != 0 && what->changes > 0)
		end_child(dead);
	pid_t pid = start_child(stepped, true);
	/* One that only holds dies when the one to be stepped is in the store: else it would be reaped on the way in. */
	if (dead != 0 && what->changes == 0)
		end_child(dead);
	CHECK(view_segment(name, &view));
	take_picture(&view, &before);
	changed(&view, &last);
	while (step(pid)) {
		instructions++;
		if (!changed(&view, &last))
			continue;
		CHECK(points < MOST_POINTS);
		all[points] = look_at_death(&view, &before, points, instructions);
		points++;
	}
	take_picture(&view, &after);
	between(all, points, &before, &after);
	end_child(pid);
	end_child(survivor);
	leave_segment(&view);
	free(last.bytes);
	CHECK(plasmid_destroy(DIRECTORY, name) == 0);
	printf("%-24s %6llu instructions, %5u deaths\n", what->what, (unsigned long long)instructions, points);
	fflush(stdout);
	return points;
}

/* A store that is being made has no name before it is whole, and its file goes with its maker: no trace of it is in the folder. From then
 * on it is looked at as any other. */
static uint32_t step_through_making(void) {
	static const operation making = {.what = "open, a new one", .act = do_open};
	segment_view view;
	picture nothing = {.count = 0};
	shadow last = {0};
	uint32_t points = 0;
	uint64_t instructions = 0;
	name = fresh_name();
	now_stepped = &making;
	told = false;
	options = (plasmid_options){.capacity = 1u << 20, .max_objects = 64, .max_clients = 8};
	living = options.max_clients - 1; /* nobody: the maker was the first */
	pid_t pid = start_child(stepped, true);
	while (!view_segment(name, &view)) {
		CHECK(step(pid));
		instructions++;
	}
	for (bool more = true; more; more = step(pid), instructions++)
		if (changed(&view, &last))
			look_at_death(&view, &nothing, points++, instructions);
	end_child(pid);
	leave_segment(&view);
	free(last.bytes);
	CHECK(plasmid_destroy(DIRECTORY, name) == 0);
	living = SURVIVOR;
	printf("%-24s %6llu instructions, %5u deaths\n", making.what, (unsigned long long)instructions, points);
	fflush(stdout);
	return points;
}

/* Every point by its image, and a sample of them by SIGKILL. */
static uint32_t step_and_kill(const operation *what, uint32_t *kills) {
	uint32_t points = step_through(what);
	for (uint32_t at = 1; what->dead == NULL && at <= points; at += 1 + points / 7, ++*kills)
		kill_really(at);
	return points;
}

int main(int count, char **arguments) {
#if defined(PLASMID_DEBUG_CHECK) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	printf("what is stepped through is what is shipped: in the release build\n");
	return 0;
#endif
	uint32_t deaths = 0, kills = 0;
	without_string_instructions(arguments);
	if (!may_step())
		return 0;
	stay_on_one_core();
	if (count < 2 || strcmp(arguments[1], "open, a new one") == 0)
		deaths += step_through_making();
	for (size_t i = 0; i < sizeof OPERATIONS / sizeof OPERATIONS[0]; i++)
		if (count < 2 || strcmp(arguments[1], OPERATIONS[i].what) == 0)
			deaths += step_and_kill(&OPERATIONS[i], &kills);
	printf("%u deaths, %u of them real\n", deaths + kills, kills);
	return 0;
}
