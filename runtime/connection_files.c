/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "net/hosts_file.h"
#include "net/resolv_conf.h"
#include "specs/host_name.h"

/* Longer ones have no meaning that we would know. */
#define HOSTS_MAX ((size_t)1 << 20)

/*
 * With the host's network its own names count too. Without an address of its own the container finds
 * itself at the one that Debian gives to a host without a fixed one.
 */
static int make_hosts(struct arena *arena, const struct connection_plan *plan, char **text,
		      struct error *err)
{
	/* it may be anything: what cannot stand in that file is the container's own affair */
	const bool fits = plan->hostname && host_name_is_fit(plan->hostname);
	char *line = fits ? arena_printf(arena, "127.0.1.1\t%s", plan->hostname) : NULL;
	const struct string_list own = { .items = &line, .count = line != NULL };
	struct hosts_wish wish = { .added = &plan->spec->hosts, .own = &own };
	char *base = NULL;

	if (plan->mode == NETWORK_MODE_HOST &&
	    file_read_at(AT_FDCWD, "/etc/hosts", HOSTS_MAX, arena, &base, NULL, err) < 0 &&
	    err->errnum != ENOENT)
		return -1;
	wish.base = base;
	return hosts_text(arena, &wish, text, err);
}

static int make_resolv_conf(struct arena *arena, const struct connection_plan *plan, char **text,
			    struct error *err)
{
	const struct resolv_wish wish = {
		.servers = &plan->spec->dns,
		.search = &plan->spec->dns_search,
		.options = &plan->spec->dns_options,
		.own_network = plan->mode != NETWORK_MODE_HOST,
		.ipv6 = true,
		.forwarder = plan->pasta ? PASTA_NAME_SERVER : NULL,
	};
	char *host;

	if (resolv_conf_read_host(arena, wish.own_network, &host, err) < 0)
		return -1;
	*text = resolv_conf_text(arena, host, &wish);
	return 0;
}

int connection_find_servers(struct arena *arena, const struct connection_plan *plan,
			    struct error *err)
{
	char *text;

	if (!plan->pasta || !plan->files[NETWORK_RESOLV_CONF])
		return 0;
	if (make_resolv_conf(arena, plan, &text, err) < 0)
		return -1;
	plan->pasta->forwards_names = strstr(text, "nameserver " PASTA_NAME_SERVER "\n");
	return 0;
}

static int make_text(struct arena *arena, const struct connection_plan *plan,
		     enum network_file file, char **text, struct error *err)
{
	*text = arena_strdup(arena, "");
	if (file == NETWORK_HOSTNAME)
		*text = arena_printf(arena, "%s\n", plan->hostname);
	else if (plan->request)
		return 0; /* ctr-net's, who knows the addresses */
	else if (file == NETWORK_HOSTS)
		return make_hosts(arena, plan, text, err);
	else
		return make_resolv_conf(arena, plan, text, err);
	return 0;
}

static int make_file(struct arena *arena, const struct connection_plan *plan,
		     enum network_file file, int folder, struct error *err)
{
	cleanup_fd int fd = -1;
	char *text;

	if (make_text(arena, plan, file, &text, err) < 0)
		return fail_in(err, "/etc/%s", network_files[file]);
	fd = openat(folder, network_files[file], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail_errno(err, "make the container's /etc/%s", network_files[file]);
	return write_all(fd, text, strlen(text), err);
}

int connection_files_make(struct arena *arena, const struct connection_plan *plan, int dir,
			  uid_t uid, gid_t gid, struct error *err)
{
	cleanup_fd int folder = -1;

	if (mkdirat(dir, NETWORK_FOLDER, 0755) < 0)
		return fail_errno(err, "make the folder of its names");
	folder = openat(dir, NETWORK_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return fail_errno(err, "open the folder of its names");
	for (int i = 0; i < NETWORK_FILE_COUNT; i++) {
		if (!plan->files[i])
			continue;
		if (make_file(arena, plan, i, folder, err) < 0)
			return -1;
		if (uid != 0 && fchownat(folder, network_files[i], uid, gid, 0) < 0)
			return fail_errno(err, "give /etc/%s to the container's root",
					  network_files[i]);
	}
	return 0;
}
