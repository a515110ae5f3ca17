/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/option.h"
#include "runtime/container.h"

/*
 * The option rows that checkpoint and restore have in common, for struct TYPE whose member at PATH
 * is a struct checkpoint_options. Engines pass all of them to either.
 */
/* clang-format off */
#define CRIU_ROWS(type, path) \
	OPTION_STRING(0, "image-path", "DIR", type, path image_path, \
		      "the folder of the images (default: checkpoint)"), \
	OPTION_STRING(0, "work-path", "DIR", type, path work_path, \
		      "where criu works and logs (default: the folder of the images)"), \
	OPTION_FLAG(0, "tcp-established", type, path tcp_established, \
		    "save and restore open TCP connections"), \
	OPTION_FLAG(0, "tcp-close", type, path tcp_close, \
		    "restore TCP connections as closed ones"), \
	OPTION_FLAG(0, "ext-unix-sk", type, path ext_unix_sk, \
		    "allow unix sockets that lead out of the container"), \
	OPTION_FLAG(0, "shell-job", type, path shell_job, \
		    "allow processes on the terminal of the caller"), \
	OPTION_FLAG(0, "file-locks", type, path file_locks, "save and restore file locks"), \
	OPTION_FLAG(0, "auto-dedup", type, path auto_dedup, \
		    "keep each page of memory in one image only"), \
	OPTION_FLAG(0, "lazy-pages", type, path lazy_pages, \
		    "have pages of memory fetched when they are needed"), \
	OPTION_STRING(0, "page-server", "ADDRESS:PORT", type, path page_server, \
		      "where pages of memory go, or can be fetched"), \
	OPTION_WORD(0, "manage-cgroups-mode", "MODE", type, path manage_cgroups, \
		    criu_cgroup_modes, "soft (default), full, strict or ignore"), \
	OPTION_WORD(0, "network-lock", "METHOD", type, path network_lock, \
		    criu_network_locks, "iptables, nftables or skip"), \
	OPTION_STRINGS(0, "empty-ns", "TYPE", type, path empty_ns, \
		       "network: without its interfaces, which somebody else makes")
/* clang-format on */

/* The words of these, as enum criu_cgroups and enum criu_network_lock number them. */
extern const char *const criu_cgroup_modes[];
extern const char *const criu_network_locks[];
