#include "entry.h"

bool pm_entry_placed(const pm_client *client, const pm_entry *entry) {
	return entry->granules > 0 && (uint64_t)entry->start + entry->granules <= client->super->committed;
}

/* In terms that cannot overflow: a field may say anything. */
bool pm_entry_sound(const pm_client *client, const pm_entry *entry) {
	uint64_t extent = (uint64_t)entry->granules * PM_GRANULE, bytes = pm_load_relaxed(&entry->bytes);
	return pm_entry_placed(client, entry) && bytes <= extent && entry->inband <= bytes &&
	       pm_name_at(bytes, entry->references) + entry->name_room <= extent && entry->name_bytes <= entry->name_room &&
	       entry->linked <= entry->references;
}
