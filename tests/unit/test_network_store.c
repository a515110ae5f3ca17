/* SPDX-License-Identifier: Apache-2.0 */
#include "net/network_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct error err;

static void open_store(struct network_store *store)
{
	char path[96];

	unit_need_openat2(); /* makes its folders */
	scratch_dir();
	snprintf(path, sizeof(path), "%s/not/there", scratch_path());
	CHECK_INT(network_store_open(path, store, &err), 0);
}

static int end(const struct network_store *store, const char *name)
{
	cleanup_fd int locked = network_store_lock(store, &err);

	CHECK(locked >= 0);
	return network_retire(store, name, &err) < 0 ? -1 : network_remove(locked, name, &err);
}

static int add(const struct network_store *store, const char *name)
{
	cleanup_fd int locked = network_store_lock(store, &err);
	cleanup_arena struct arena arena = { 0 };
	struct network network = { .name = (char *)(uintptr_t)name };

	CHECK(locked >= 0);
	return network_add(locked, &arena, &network, &err);
}

TEST(network_that_was_added_is_there)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	cleanup_arena struct arena arena = { 0 };
	struct network_list list;
	struct network network;

	open_store(&store);
	CHECK_INT(network_list(&store, &arena, &list, &err), 0);
	CHECK_INT(list.count, 0);
	CHECK_INT(add(&store, "web"), 0);
	CHECK_INT(add(&store, "db"), 0);
	CHECK_INT(add(&store, "web"), -1);
	CHECK_INT(err.errnum, EEXIST);
	CHECK_INT(network_list(&store, &arena, &list, &err), 0);
	CHECK_INT(list.count, 2);
	CHECK_STRING(list.items[0].name, "db");
	CHECK_INT(network_load(&store, &arena, "web", &network, &err), 0);
	CHECK_STRING(network.name, "web");
}

TEST(network_that_is_not_there_is_an_error_that_says_how_it_is_made)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	cleanup_arena struct arena arena = { 0 };
	struct network network;

	open_store(&store);
	CHECK_INT(network_load(&store, &arena, "web", &network, &err), -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_STRING(err.text, "there is no network 'web' ('ctr network create web' makes it)");
	CHECK_INT(network_folder(&store, "web", &err), -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_INT(end(&store, "web"), -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_INT(network_load(&store, &arena, "../x", &network, &err), -1);
	CHECK_INT(err.errnum, EINVAL);
}

TEST(network_is_not_removed_while_somebody_has_an_address_of_it)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	cleanup_fd int folder = -1;

	open_store(&store);
	CHECK_INT(add(&store, "web"), 0);
	folder = network_folder(&store, "web", &err);
	CHECK(symlinkat("c1", folder, "leases/10.89.0.2") == 0);
	CHECK_INT(network_retire(&store, "web", &err), -1);
	CHECK_INT(err.errnum, EBUSY);
	CHECK(unlinkat(folder, "leases/10.89.0.2", 0) == 0);
	CHECK_INT(network_retire(&store, "web", &err), 0);
	CHECK_INT(network_retire(&store, "web", &err), 0);
	CHECK_INT(end(&store, "web"), 0);
	CHECK_INT(end(&store, "web"), -1);
}

/* A removal that was killed between its two steps, and an adding. */
TEST(network_that_was_half_removed_or_half_made_is_no_hindrance)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	cleanup_arena struct arena arena = { 0 };
	struct network_list list;

	open_store(&store);
	CHECK_INT(add(&store, "web"), 0);
	CHECK(!network_is_retired(&store, "web"));
	CHECK(unlinkat(store.dir, "networks/web/leases", AT_REMOVEDIR) == 0);
	CHECK(network_is_retired(&store, "web"));
	CHECK_INT(end(&store, "web"), 0);
	CHECK(mkdirat(store.dir, "networks/.network", 0700) == 0);
	CHECK(mkdirat(store.dir, "networks/.network/leases", 0700) == 0);
	CHECK_INT(add(&store, "web"), 0);
	CHECK_INT(network_list(&store, &arena, &list, &err), 0);
	CHECK_INT(list.count, 1);
	CHECK(mkdirat(store.dir, "networks/.network", 0700) == 0);
	CHECK_INT(network_store_tidy(&store, &err), 0);
	CHECK(faccessat(store.dir, "networks/.network", F_OK, 0) < 0);
	CHECK_INT(network_store_tidy(&store, &err), 0);
}

TEST(network_whose_document_is_of_another_is_refused)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	cleanup_arena struct arena arena = { 0 };
	struct network network;

	open_store(&store);
	CHECK_INT(add(&store, "web"), 0);
	CHECK(renameat(store.dir, "networks/web", store.dir, "networks/db") == 0);
	CHECK_INT(network_load(&store, &arena, "db", &network, &err), -1);
	CHECK_CONTAINS(err.text, "is of network 'web'");
}
