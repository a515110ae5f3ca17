/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "specs/network_document.h"

/*
 * What containers have of networks, one document each (struct network_attachment), in two folders of
 * the store (a descriptor of <data-root>/network):
 *
 *	attachments/ID.json	what a container has
 *	pending/ID		what is under way for it: all that will be made is in there before the
 *				first lease, link or rule is made, so that what a killed process has
 *				left can be given back from it alone
 *
 * A record is locked (flock(2)) by who works on it; the kernel lets go of the lock at the end of the
 * process, whatever ends it. So a pending record that can be locked belongs to nobody. One becomes
 * the other by rename(2), locked all the time. None is synced: a reboot ends all attachments.
 */

struct attachment_file {
	int fd; /* locked; -1: none */
};

#define ATTACHMENT_FILE_NONE                                                                       \
	{                                                                                          \
		.fd = -1                                                                           \
	}

void attachment_close(struct attachment_file *file);
#define cleanup_attachment __attribute__((cleanup(attachment_close)))

/* Creates pending/ID, locked and empty. EEXIST if there is one. */
int attachment_begin(int store, const char *id, struct attachment_file *file, struct error *err);

/* Writes the document into a pending record. Others read it only when they can lock it. */
int attachment_write(const struct attachment_file *file, struct arena *arena,
		     const struct network_attachment *attachment, struct error *err);

/* pending/ID becomes attachments/ID.json. */
int attachment_keep(int store, const char *id, struct error *err);

enum attachment_lock {
	ATTACHMENT_WAIT, /* for who has it; a record that is gone then is ENOENT */
	ATTACHMENT_TRY,	 /* EAGAIN if somebody has it */
};

/* Locks the record that a container has. ENOENT if it has none. */
int attachment_open(int store, const char *id, enum attachment_lock how,
		    struct attachment_file *file, struct error *err);
/* The same of the one that is under way. */
int attachment_open_pending(int store, const char *id, enum attachment_lock how,
			    struct attachment_file *file, struct error *err);

/*
 * Reads an open record. One that was empty, because its maker died before it wrote, is an attachment
 * of the id alone.
 */
int attachment_load(const struct attachment_file *file, struct arena *arena, const char *id,
		    struct network_attachment *attachment, struct error *err);

/*
 * Reads the record that a container has without a lock. ENOENT if it has none. One that is under way
 * may be written at this moment: EINVAL then, or without what comes later.
 */
int attachment_read(int store, struct arena *arena, const char *id,
		    struct network_attachment *attachment, struct error *err);
int attachment_read_pending(int store, struct arena *arena, const char *id,
			    struct network_attachment *attachment, struct error *err);

/*
 * Replaces attachments/ID.json, whose lock is held, by this document. Readers see one or the other;
 * the lock is that of the new file then.
 */
int attachment_replace(int store, struct attachment_file *file, struct arena *arena,
		       const struct network_attachment *attachment, struct error *err);

/* Removes a record. What is not there is no error. */
int attachment_remove(int store, const char *id, struct error *err);
int attachment_remove_pending(int store, const char *id, struct error *err);

/* The ids of all containers that have a record, and of those with one under way. */
int attachment_list(int store, struct arena *arena, struct string_list *ids, struct error *err);
int attachment_list_pending(int store, struct arena *arena, struct string_list *ids,
			    struct error *err);

/* Removes what a killed attachment_replace() has left. */
int attachment_remove_temporary(int store, struct error *err);

/* Where published ports lead to: its first end in a network with a bridge; or NULL. Pure. */
const struct network_endpoint *attachment_publisher(const struct network_attachment *attachment);
