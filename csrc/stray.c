#include "stray.h"

#include <string.h>

#include "prim/atomic.h"

#define TOLD_SHIFT 2u /* of pm_client.turns: below are the bits of window.h */

/* True for the first that asks about this object; a version is never 0 here. */
static bool first_time(pm_client *client, uint32_t slot) {
	uint32_t *word = &client->turns[slot], seen = pm_load(word);
	uint32_t version = ((pm_word_version(pm_load(&pm_entry_at(client, slot)->word)) + 1) << TOLD_SHIFT);
	do
		if (seen >> TOLD_SHIFT == version >> TOLD_SHIFT)
			return false;
	while (!pm_cas(word, &seen, version | (seen & ((1u << TOLD_SHIFT) - 1))));
	return true;
}

bool pm_stray_note(pm_client *client, uint32_t slot) {
	if (!first_time(client, slot))
		return false;
	uint32_t number = pm_load(&client->strays_noted);
	do
		if (number - pm_load(&client->strays_told) >= PM_STRAYS)
			return pm_add(&client->strays_more, 1) == 0;
	while (!pm_cas(&client->strays_noted, &number, number + 1));
	const pm_entry *entry = pm_entry_at(client, slot);
	pm_stray *stray = &client->strays[number % PM_STRAYS];
	memcpy(stray->id, entry->id, sizeof stray->id);
	/* Of what is oversize the name goes before the last view does. */
	stray->name_bytes = pm_oversize(client, entry) && !entry->named ? 0 : entry->name_bytes;
	memcpy(stray->name, pm_trailer(client, entry) + entry->references * sizeof(pm_reference), stray->name_bytes);
	pm_store(&stray->number, number + 1);
	return true;
}

bool pm_stray_waits(const pm_client *client) {
	return pm_load(&client->strays_noted) != pm_load(&client->strays_told) || pm_load(&client->strays_more) != 0;
}

bool pm_stray_tell(pm_client *client, pm_stray *stray) {
	uint32_t number = pm_load(&client->strays_told);
	do {
		if (number == pm_load(&client->strays_noted)) {
			*stray = (pm_stray){.more = pm_exchange(&client->strays_more, 0)};
			return stray->more != 0;
		}
		/* Noted, and being written still: it waits for the next call. */
		if (pm_load(&client->strays[number % PM_STRAYS].number) != number + 1)
			return false;
		*stray = client->strays[number % PM_STRAYS];
	} while (!pm_cas(&client->strays_told, &number, number + 1));
	return true;
}
