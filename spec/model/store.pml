/* store.pml - two processes and one object's slot: the lock with its takeover, create, seal, get, pin, evict, the stash, waiting and
 * being woken, reaping and recovery. Each does ROUNDS operations, chosen freely; one of them may be killed between any two steps.
 *
 * Each step between semicolons is one access to shared memory, as in csrc; what stands in d_step or atomic is one compare-and-swap,
 * one system call, or ghosts that no process sees. Names are those of csrc. What is proved:
 *
 *   - at most one living process is inside of the lock (asserted on entry);
 *   - what is derived is right whenever the lock is left (asserted in pm_unlock);
 *   - a sealed object that a living process has a handle of, or that has a pin, is never dropped or changed (asserted in `kept`);
 *   - a copy that was read without the lock and validated is that of the object asked for (asserted in peek);
 *   - no process waits for ever: every state without a next step is one in which all have ended (spin's "invalid end state"). A sleep
 *     without a bound would do; the bounds of the real ones are used only where the other process is dead.
 *
 * MUTANT names an error to plant; each must be found. */

#define WAITERS 4            /* the lock's high bit */
#define OWNER(word) ((word & 3) - 1)
#define OTHER (1 - me)
#define OWED_WAITERS 1
#define OWED_ALL 2
#ifndef ROUNDS
#define ROUNDS 2
#endif

#define LOST_WAKE 1        /* a waiter says its interest after it has looked */
#define STALE_ORDER 2      /* recovery believes the recency order that it finds */
#define NO_LIVENESS 3      /* the lock is taken from whoever has it for long */
#define SAME_VERSION 4     /* a slot's version does not grow */
#define SEAL_FIRST 5       /* SEALED is published before the bytes are written */
#define PLAIN_CLAIM 6      /* the stash is claimed by load and store */
#define QUIET_UNLOCK 7     /* leaving the lock wakes nobody */
#define EARLY_NOTICE 8     /* waiters are woken before the state changes */
#define REAP_ALL 9         /* a reaper ends the living one's handles too */
#define UNTOLD 10          /* what a hold has to tell is told to nobody */
#ifndef MUTANT
#define MUTANT 0
#endif

mtype = { ABSENT, CREATED, STASHED, CLAIMED, SEALED };

/* ---- the segment: in the slot is an object that nothing keeps ---- */
byte lock;
mtype state = SEALED;  /* state, version and creator are one word */
byte version;
byte creator;
byte id;
byte bytes;            /* the payload: the id of the object that it was written for */
bool handle[2];
byte pins;
bool in_lru = true;    /* derived */
bool interest[2];      /* the wait bucket */
byte wake[2];
bool listed[2] = true; /* the records */

/* ---- the system ---- */
bool alive[2] = true;
bool at_lock[2];       /* asleep on the lock's futex */
bool at_wake[2];       /* asleep on one's wake word */

/* ---- ghosts ---- */
byte inside;           /* who is inside of the lock, plus 1 */
bool holds[2];
byte held[2];          /* the id it holds */
byte pinned;           /* the id that has the pins */
bool done[2];

#define KEPT(c) (!(alive[c] && holds[c]) || (state == SEALED && id == held[c] && bytes == id))
proctype kept() {
end:
	!(KEPT(0) && KEPT(1) && (pins == 0 || (state == SEALED && id == pinned))) -> assert(false)
}

inline enter() {
	assert(inside == 0 || !alive[inside - 1]);
	inside = me + 1
}

/* in_lru from the truth. */
#define SETTLED (state == SEALED && !handle[0] && !handle[1] && pins == 0)
inline pm_settle() {
	in_lru = SETTLED
}

/* What a hold has to tell is told when the lock is given back; who dies before that has told nobody. */
inline pm_notify() {
	owed = owed | OWED_WAITERS
}

inline pm_notify_all() {
	owed = owed | OWED_ALL
}

inline take_bits() {
	d_step { woken = (interest[0] -> 1 : 0) + (interest[1] -> 2 : 0); interest[0] = false; interest[1] = false };
	if
	:: woken & 1 -> d_step { wake[0]++; at_wake[0] = false }
	:: else
	fi;
	if
	:: woken & 2 -> d_step { wake[1]++; at_wake[1] = false }
	:: else
	fi;
	woken = 0
}

inline pm_wake_all() {
	d_step { wake[0]++; at_wake[0] = false };
	d_step { wake[1]++; at_wake[1] = false }
}

inline pm_tell() {
	if
	:: owed & OWED_WAITERS -> take_bits()
	:: else
	fi;
	if
	:: owed & OWED_ALL -> pm_wake_all()
	:: else
	fi;
	owed = 0
}

/* What the dead one had: its unsealed object goes, its handle ends. */
inline clear_dead() {
	if
	:: state != ABSENT && state != SEALED && creator == OTHER -> state = ABSENT
	:: else
	fi;
	handle[OTHER] = false;
#if MUTANT == REAP_ALL
	handle[me] = false;
#endif
}

inline pm_rebuild() {
	clear_dead();
#if MUTANT != STALE_ORDER
	pm_settle();
#endif
	pm_notify_all()
}

inline pm_lock() {
	slept = 0;
	do
	:: d_step { lock == 0 -> lock = (me + 1) | slept; enter() }; break
	:: lock != 0 ->
		seen = lock;
		if
		:: seen != 0 && (seen & WAITERS) == 0 ->
			d_step { if :: lock == seen -> lock = seen | WAITERS; seen = seen | WAITERS :: else -> seen = 0 fi }
		:: else
		fi;
		if
		:: seen == 0
		:: else ->
			slept = WAITERS;
			at_lock[me] = (lock == seen);
			if
			:: !at_lock[me] /* woken, or the word had changed */
#if MUTANT == NO_LIVENESS
			:: at_lock[me] ->
#else
			:: at_lock[me] && !alive[OWNER(seen)] ->
#endif
				at_lock[me] = false;
				d_step { taken = (lock == seen); if :: taken -> lock = (me + 1) | WAITERS; enter() :: else fi };
				if
				:: taken -> taken = false; pm_rebuild(); break
				:: else
				fi
			fi
		fi
	od;
	seen = 0;
	slept = 0
}

inline pm_unlock() {
	assert(in_lru == SETTLED);
	d_step { seen = lock; lock = 0; inside = 0 };
#if MUTANT != QUIET_UNLOCK
	if
	:: seen & WAITERS -> d_step { if :: at_lock[OTHER] -> at_lock[OTHER] = false :: else fi }
	:: else
	fi;
#endif
#if MUTANT != UNTOLD
	pm_tell();
#endif
	owed = 0;
	seen = 0
}

/* A slot to fill: empty, or by eviction of what nothing keeps, or taken back from a stash. Inside of the lock. */
inline pm_room_take() {
	taken = false;
	if
	:: state == SEALED && in_lru -> state = ABSENT; in_lru = false
	:: state == STASHED -> d_step { if :: state == STASHED -> state = ABSENT :: else fi }
	:: else
	fi;
	if
	:: state == ABSENT -> taken = true;
#if MUTANT != SAME_VERSION
		version++;
#endif
		id++
	:: else
	fi
}

inline believe() {
	d_step { holds[me] = true; held[me] = id }
}

/* plasmid_put_small without a stash: sealed in the hold that takes the room. */
inline put_locked() {
	pm_lock();
	pm_room_take();
	if
	:: taken ->
		handle[me] = true;
#if MUTANT == SEAL_FIRST
		d_step { state = SEALED; creator = me };
		bytes = id;
#else
		bytes = id;
		d_step { state = SEALED; creator = me };
#endif
		believe()
	:: else
	fi;
	taken = false;
	pm_unlock()
}

/* plasmid_create and plasmid_seal: written without the lock in between. */
inline put_draft() {
	pm_lock();
	pm_room_take();
	if
	:: taken -> d_step { state = CREATED; creator = me }
	:: else
	fi;
	pm_unlock();
	if
	:: taken ->
		taken = false;
		bytes = id;
		pm_lock();
		handle[me] = true;
#if MUTANT == EARLY_NOTICE
		take_bits();
		state = SEALED;
#else
		state = SEALED;
		pm_notify();
#endif
		believe();
		pm_unlock()
	:: else
	fi
}

/* pm_stash_fill, then pm_stash_put without the lock. */
inline put_stashed() {
	pm_lock();
	pm_room_take();
	if
	:: taken -> d_step { state = STASHED; creator = me; mine = version }
	:: else
	fi;
	pm_unlock();
	if
	:: taken ->
#if MUTANT == PLAIN_CLAIM
		taken = (state == STASHED && creator == me && version == mine);
		if :: taken -> state = CLAIMED :: else fi;
#else
		d_step { taken = (state == STASHED && creator == me && version == mine); if :: taken -> state = CLAIMED :: else fi };
#endif
		if
		:: taken ->
			taken = false;
			handle[me] = true;
			bytes = id;
			state = SEALED;
			believe()
		:: else
		fi
	:: else
	fi;
	mine = 0
}

inline get() {
	pm_lock();
	if
	:: state == SEALED -> handle[me] = true; in_lru = false; believe()
	:: else
	fi;
	pm_unlock()
}

/* A validated copy, no lock. */
inline peek() {
	d_step { taken = (state == SEALED); mine = version; wanted = id };
	if
	:: taken ->
		copied = bytes;
		d_step { taken = (state == SEALED && version == mine) };
		assert(!taken || copied == wanted);
		taken = false;
		copied = 0
	:: else
	fi;
	d_step { mine = 0; wanted = 0 }
}

inline let_go() {
	pm_lock();
	holds[me] = false;
	handle[me] = false;
	pm_settle();
	pm_unlock()
}

inline pin() {
	pm_lock();
	if
	:: state == SEALED && pins == 0 -> d_step { pins = 1; pinned = id }; in_lru = false
	:: state == SEALED && pins != 0 -> d_step { pins = 0; pinned = 0 }; pm_settle()
	:: else
	fi;
	pm_unlock()
}

/* Until the object that is CREATED now is sealed or gone. */
inline await() {
	d_step { taken = (state == CREATED && creator == OTHER); mine = version };
	do
	:: !taken -> break
	:: taken ->
		seen = wake[me];
#if MUTANT == LOST_WAKE
		taken = (state == CREATED && version == mine);
		interest[me] = true;
#else
		interest[me] = true;
		taken = (state == CREATED && version == mine);
#endif
		if
		:: taken ->
			at_wake[me] = (wake[me] == seen);
			if
			:: !at_wake[me]
			:: at_wake[me] && !alive[OTHER] -> at_wake[me] = false; pm_reap()
			fi
		:: else
		fi
	od;
	seen = 0;
	mine = 0
}

inline pm_reap() {
	if
	:: !alive[OTHER] && listed[OTHER] ->
		pm_lock();
		clear_dead();
		pm_settle();
		listed[OTHER] = false;
		pm_notify_all();
		pm_unlock()
	:: else
	fi
}

proctype client(bit me) {
	byte round, seen, slept, mine, wanted, copied, woken, owed;
	bool taken;
	{
		do
		:: round < ROUNDS ->
			round++;
			if
			:: put_locked()
			:: put_draft()
			:: put_stashed()
			:: get()
			:: peek()
			:: let_go()
			:: pin()
			:: await()
			:: pm_reap()
			fi
		:: round == ROUNDS -> break
		od;
		done[me] = true
	} unless { !alive[me] }
}

/* At most one dies, at any moment. */
proctype death() {
	if
	:: alive[0] = false
	:: alive[1] = false
	:: true
	fi
}

/* Whoever comes when all is over finds a store that is whole, whoever died in it. */
#define OVER(c) (done[c] || !alive[c])
proctype survivor() {
	OVER(0) && OVER(1);
	if
	:: alive[0] && !alive[1] -> run last(0)
	:: alive[1] && !alive[0] -> run last(1)
	:: else
	fi
}

proctype last(bit me) {
	byte seen, slept, mine, woken, owed;
	bool taken;
	pm_lock();
	pm_unlock();
	pm_reap();
	assert(!handle[OTHER] && !listed[OTHER]);
	assert(state == ABSENT || state == SEALED || creator == me);
	assert(state != SEALED || bytes == id)
}

init {
	atomic { run client(0); run client(1); run death(); run survivor(); run kept() }
}
