#include "spill/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crash.h"
#include "error.h"
#include "prim/atomic.h"
#include "prim/file.h"
#include "spill/folders.h"

#define GATHER_BYTES (1u << 20)

static int32_t failed(const pm_client *client, const pm_writer *writer, const char *what) {
	return pm_folders_failed(client, writer->folder, writer->number, what);
}

int32_t pm_writer_begin(const pm_client *client, uint32_t file, pm_writer *writer) {
	const pm_spill_file *row = &client->spill_files[file];
	char path[PM_SPILL_PATH_ROOM], dead[PM_SPILL_PATH_ROOM];
	*writer = (pm_writer){.number = row->number, .folder = row->folder};
	pm_folders_path(client, row->folder, row->number, true, path);
	pm_folders_path(client, row->folder, row->number, false, dead);
	writer->gathered = malloc(GATHER_BYTES);
	if (writer->gathered == NULL)
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory to gather what is spilled");
	/* Written over, if there is one of that number. */
	bool again = rename(dead, path) == 0;
	PM_POINT("spill:again");
	writer->fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | (again ? 0 : O_CREAT | O_EXCL), 0600);
	if (writer->fd < 0) {
		free(writer->gathered);
		return failed(client, writer, "making");
	}
	PM_POINT("spill:made");
	const pm_spill_header header = {
			.magic = PM_SPILL_FILE_MAGIC, .bytes = row->number, .generation = client->plan.generation};
	return pm_writer_put(client, writer, 0, (const uint8_t *)&header, sizeof header);
}

static int32_t flush(const pm_client *client, pm_writer *writer) {
	if (writer->count > 0 && pm_file_write(writer->fd, writer->gathered, writer->count, writer->at) != 0)
		return failed(client, writer, "writing to");
	writer->at += writer->count;
	writer->count = 0;
	return 0;
}

/* What is gathered, zeros up to `at`, and the piece, with one call: so each page is written once, and whole. */
static int32_t put_direct(const pm_client *client, pm_writer *writer, uint64_t at, const uint8_t *from,
                          uint64_t bytes) {
	int failure = writer->count == 0
	                  ? pm_file_write(writer->fd, from, bytes, at)
	                  : pm_file_write_both(writer->fd, writer->gathered, writer->count, from, bytes, writer->at);
	writer->at = at + bytes;
	writer->count = 0;
	return failure == 0 ? 0 : failed(client, writer, "writing to");
}

int32_t pm_writer_put(const pm_client *client, pm_writer *writer, uint64_t at, const uint8_t *from, uint64_t bytes) {
	bool direct = bytes >= PM_WRITER_DIRECT;
	uint64_t gap = at - (writer->at + writer->count);
	if (gap + (direct ? 0 : bytes) > GATHER_BYTES - writer->count) {
		int32_t r = flush(client, writer);
		if (r != 0)
			return r;
	}
	if (writer->count == 0) {
		writer->at = at;
		gap = 0;
	}
	memset(writer->gathered + writer->count, 0, gap);
	writer->count += (uint32_t)gap;
	if (direct)
		return put_direct(client, writer, at, from, bytes);
	pm_racy_copy(writer->gathered + writer->count, from, bytes);
	writer->count += (uint32_t)bytes;
	return 0;
}

static void let_go(pm_writer *writer) {
	close(writer->fd);
	free(writer->gathered);
	writer->fd = -1;
	writer->gathered = NULL;
}

void pm_writer_abort(const pm_client *client, pm_writer *writer) {
	char path[PM_SPILL_PATH_ROOM];
	if (writer->gathered == NULL)
		return;
	let_go(writer);
	pm_folders_path(client, writer->folder, writer->number, true, path);
	unlink(path);
}

int32_t pm_writer_end(const pm_client *client, pm_writer *writer, uint64_t bytes) {
	char from[PM_SPILL_PATH_ROOM], to[PM_SPILL_PATH_ROOM];
	int32_t r = flush(client, writer);
	/* A file is as long as its row says: the last object's padding too. */
	if (r == 0 && ftruncate(writer->fd, (off_t)bytes) != 0)
		r = failed(client, writer, "writing to");
	PM_POINT("spill:written");
	pm_folders_path(client, writer->folder, writer->number, true, from);
	pm_folders_path(client, writer->folder, writer->number, false, to);
	if (r == 0 && rename(from, to) != 0)
		r = failed(client, writer, "naming");
	PM_POINT("spill:renamed");
	if (r != 0)
		pm_writer_abort(client, writer);
	else
		let_go(writer);
	return r;
}
