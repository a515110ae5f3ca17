/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/pasta.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/identity.h"
#include "base/path.h"
#include "base/program.h"
#include "base/sys.h"
#include "runtime/spawn.h"

#define TUN "/dev/net/tun"

/* A tenth of a second is usual. Once it is told to end it looks every second at the latest. */
#define START_TIMEOUT_MS 20000
#define STOP_TIMEOUT_MS 5000

#define MAX_WORDS ((size_t)64 << 10)
#define MAX_PORTS ((size_t)4 << 20)

int pasta_check(struct arena *arena, struct error *err)
{
	cleanup_fd int tun = -1;

	if (!program_on_host(arena, "pasta"))
		return fail(err, ENOENT, "not installed: pasta (package passt)");
	tun = openat(AT_FDCWD, TUN, O_RDWR | O_CLOEXEC);
	if (tun >= 0)
		return 0;
	if (errno == EACCES)
		return fail(err, EACCES,
			    "pasta needs " TUN ", which only root may open here: its mode is 0666 "
			    "elsewhere");
	if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
		return fail(err, errno,
			    "pasta needs " TUN ": this kernel has no tap devices (module tun, "
			    "CONFIG_TUN)");
	return fail_errno(err, "open " TUN);
}

/*
 * In the new process: a name for the namespace that pasta may open, which is nobody else's mount. As
 * it is the folder of the state that is shown, what is unlinked in there is so for pasta too.
 */
struct view {
	const char *folder, *shown;  /* the folder of the state, and where pasta has it */
	const char *source, *target; /* the namespace, and its name in shown */
};

static void make_view(const void *context)
{
	const struct view *view = context;

	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount(view->folder, view->shown, NULL, MS_BIND, NULL) == 0 &&
	    mount(view->source, view->target, NULL, MS_BIND, NULL) == 0)
		return;
	dprintf(STDERR_FILENO, "mount its network namespace: %s\n", strerror(errno));
	_exit(1);
}

/* What it said, over what is known of its end. */
static int fail_start(struct arena *arena, int words, struct error *err)
{
	const char *reason = NULL;
	struct error other;
	char *text;

	if (lseek(words, 0, SEEK_SET) == 0 &&
	    file_read_fd(words, "pasta's messages", MAX_WORDS, arena, &text, NULL, &other) == 0)
		reason = pasta_reason(text);
	if (err->errnum == ECHILD && reason)
		return fail(err, EIO, "pasta: %s", reason);
	return fail_in(err, "pasta");
}

static char *process_name(struct arena *arena, const char *path)
{
	return arena_printf(arena, "%s/" PASTA_FOLDER "/" PASTA_NAME, path);
}

/*
 * AppArmor profiles of package passt let pasta read namespaces in this folder alone (Debian 12's), or
 * below the one above it. podman has its own there; it stays. Of a user without a session: folder.
 */
static const char *shown_folder(struct arena *arena, uid_t user, const char *folder)
{
	const char *shown = arena_printf(arena, "/run/user/%u/netns", user);

	return mkdir(shown, 0700) == 0 || errno == EEXIST ? shown : folder;
}

static int run(struct arena *arena, const struct pasta_plan *plan,
	       const struct pasta_subject *subject, struct error *err)
{
	cleanup_fd int words = memfd_create("pasta", MFD_CLOEXEC);
	const char *folder = path_join(arena, subject->path, PASTA_FOLDER);
	const char *shown = shown_folder(arena, subject->user, folder);
	const struct view view = {
		.folder = folder,
		.shown = shown,
		.source = arena_printf(arena, "/proc/%d/ns/net", (int)subject->pid),
		.target = path_join(arena, shown, PASTA_NETNS),
	};
	const struct string_list arguments =
		pasta_arguments(arena, plan, process_name(arena, subject->path), view.target);
	char *const environment[] = { NULL };
	const struct spawn spawn = {
		.path = program_on_host(arena, "pasta"),
		.argv = arguments.items,
		.env = environment,
		.input = -1,
		.output = words,
		.error = words,
		.directory = -1,
		.timeout = START_TIMEOUT_MS,
		.prepare = make_view,
		.context = &view,
	};

	if (words < 0)
		return fail_errno(err, "make a file in memory");
	if (!spawn.path)
		return fail(err, ENOENT, "not installed: pasta (package passt)");
	return spawn_run(&spawn, err) < 0 ? fail_start(arena, words, err) : 0;
}

static int write_ports(struct arena *arena, const struct published_ports *ports, int folder,
		       struct error *err)
{
	cleanup_fd int fd = openat(folder, PASTA_PORTS,
				   O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct string_list lines = { .items = arena_array(arena, char *, ports->count + 2) };
	char text[PORT_TEXT_SIZE];
	const char *all;

	if (fd < 0)
		return fail_errno(err, "make the file of its ports");
	for (size_t i = 0; i < ports->count; i++)
		lines.items[lines.count++] =
			arena_strdup(arena, port_print(&ports->items[i], text));
	all = string_list_text(arena, &lines, "\n");
	return write_all(fd, all, strlen(all), err);
}

int pasta_start(struct arena *arena, const struct pasta_plan *plan,
		const struct pasta_subject *subject, struct error *err)
{
	cleanup_fd int folder =
		openat(subject->state, PASTA_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int netns = -1;

	if (folder < 0)
		return fail_errno(err, "open the folder of its network");
	if (write_ports(arena, &plan->ports, folder, err) < 0)
		return -1;
	netns = openat(folder, PASTA_NETNS, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (netns < 0)
		return fail_errno(err, "make the name of its network namespace");
	return run(arena, plan, subject, err);
}

static bool has_name(struct arena *arena, const char *process, const char *name)
{
	char *text, *path = arena_printf(arena, "/proc/%s/cmdline", process);
	struct error ignored;

	/* the words end with a zero each, and its name is the first */
	return file_read_at(AT_FDCWD, path, MAX_WORDS, arena, &text, NULL, &ignored) == 0 &&
	       strcmp(text, name) == 0;
}

/* Its pidfd, or -1: there is none any more, or we cannot see it. */
static int find_process(const char *name)
{
	struct error ignored;
	cleanup_dir DIR *proc = open_dir_at(AT_FDCWD, "/proc", &ignored);
	cleanup_arena struct arena arena = { 0 };
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		cleanup_fd int pidfd = -1;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		arena_clear(&arena);
		if (!has_name(&arena, entry->d_name, name))
			continue;
		pidfd = pidfd_open(atoi(entry->d_name), 0);
		/* behind that the number cannot have become another's before we looked */
		if (pidfd >= 0 && has_name(&arena, entry->d_name, name))
			return take_fd(&pidfd);
	}
	return -1;
}

int pasta_stop(struct arena *arena, int state, const char *path, struct error *err)
{
	cleanup_fd int folder = openat(state, PASTA_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int pidfd = -1;

	if (folder < 0 || faccessat(folder, PASTA_NETNS, F_OK, 0) < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "find pasta");
	pidfd = find_process(process_name(arena, path));
	if (unlinkat(folder, PASTA_NETNS, 0) < 0 && errno != ENOENT)
		return fail_errno(err, "tell pasta to end");
	if (pidfd >= 0 && !identity_wait_end(pidfd, STOP_TIMEOUT_MS))
		return fail(err, ETIMEDOUT, "pasta does not end");
	return 0;
}

int pasta_read_ports(struct arena *arena, int state, struct published_ports *ports,
		     struct error *err)
{
	char *text, *line;

	*ports = (struct published_ports){ 0 };
	if (file_read_at(state, PASTA_FOLDER "/" PASTA_PORTS, MAX_PORTS, arena, &text, NULL, err) <
	    0)
		return err->errnum == ENOENT ? 0 : -1;
	ports->items = arena_array(arena, struct published_port, strlen(text) / 2 + 1);
	while ((line = strsep(&text, "\n")))
		if (*line && port_parse(line, &ports->items[ports->count++], err) < 0)
			return fail_in(err, PASTA_FOLDER "/" PASTA_PORTS);
	return 0;
}
