/* back.h - a spilled object read back.
 *
 *   claim     with the lock: an extent of its own, {extent, who reads} in its place; others wait for us, or take over when we have died
 *   read      without: header, payload, checksum
 *   publish   with the lock: references and name behind the payload, SEALED in the new extent by one store, whose version is a new one:
 *             who saw the object before it was spilled finds another word
 *
 * The file keeps its copy, so that the object need not be written again: it never changes. */
#ifndef PM_SPILL_BACK_H
#define PM_SPILL_BACK_H

#include "client.h"

/* 0 when it is SEALED. See plasmid_restore. */
int32_t pm_spill_back(pm_client *client, uint32_t slot, const uint32_t id[4], uint64_t timeout_ns);

#endif
