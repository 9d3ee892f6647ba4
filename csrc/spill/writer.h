/* writer.h - one file of spilled objects, from its temporary name to its own. */
#ifndef PM_SPILL_WRITER_H
#define PM_SPILL_WRITER_H

#include "client.h"
#include "prim/racy.h"
#include "spill/object.h"

#define PM_WRITER_DIRECT (256u << 10) /* bytes from which a piece is written from where it is */

typedef struct pm_writer {
	int fd;
	uint8_t *gathered; /* small pieces go together */
	uint64_t at;       /* of the first gathered byte in the file */
	uint32_t count;
	uint64_t number;
	uint32_t folder;
	uint64_t generation;
} pm_writer;

/* 0; SPILL or NO_MEMORY: then nothing is open. */
int32_t pm_writer_begin(const pm_client *client, uint32_t file, pm_writer *writer);

/* Bytes at a position not before where the last ended. */
int32_t pm_writer_put(const pm_client *client, pm_writer *writer, uint64_t at, const uint8_t *from, uint64_t bytes);

/* The file is complete: it gets its name. Closed either way; after a failure it is removed. */
int32_t pm_writer_end(const pm_client *client, pm_writer *writer, uint64_t bytes);
void pm_writer_abort(const pm_client *client, pm_writer *writer);

#endif
