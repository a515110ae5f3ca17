/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/* What a spec asks of security modules; NULL or "": nothing. */
struct security_labels {
	const char *apparmor_profile, *selinux_label; /* process.apparmorProfile, .selinuxLabel */
	const char *mount_label;		      /* linux.mountLabel */
};

/*
 * Whether this kernel runs the modules that are asked for; before anything is made. The words of
 * the error are runc's. The profile "unconfined" asks for nothing.
 */
int security_label_check(const struct security_labels *labels, struct error *err);

/*
 * Child side. Tells the kernel under which AppArmor profile or SELinux label the next execve
 * runs (process.apparmorProfile, process.selinuxLabel; NULL or "": none). proc: a trusted procfs,
 * nothing mounted over it: what is written must reach the kernel (CVE-2019-16884). A kernel
 * without that security module is an error, never ignored.
 */
int security_label_apply(const char *apparmor_profile, const char *selinux_label, int proc,
			 struct error *err);

/*
 * Child side: the keyrings that are made from here on have that SELinux label, or the program could
 * not use its own. Lasts until execve.
 */
int security_label_keys(const char *selinux_label, int proc, struct error *err);
