/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/*
 * Child side. Tells the kernel under which AppArmor profile or SELinux label the next execve
 * runs (process.apparmorProfile, process.selinuxLabel; NULL or "": none). proc: a trusted procfs,
 * nothing mounted over it: what is written must reach the kernel (CVE-2019-16884). A kernel
 * without that security module is an error, never ignored.
 */
int security_label_apply(const char *apparmor_profile, const char *selinux_label, int proc,
			 struct error *err);
