# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libruntime.a
libruntime_a_SOURCES = \
	runtime/clone.c \
	runtime/clone_spec.c runtime/clone_spec.h \
	runtime/connection.c runtime/connection.h \
	runtime/connection_files.c \
	runtime/connection_plan.c \
	runtime/container.c runtime/container.h \
	runtime/container_network.c runtime/container_network.h \
	runtime/copy.h runtime/copy_rules.c \
	runtime/detach.c runtime/detach.h \
	runtime/events.c runtime/events.h \
	runtime/exec_process.c runtime/exec_process.h \
	runtime/foreground.c runtime/foreground.h \
	runtime/freezer.c runtime/freezer.h \
	runtime/guard.c runtime/guard.h \
	runtime/handle.c runtime/handle.h \
	runtime/hook_output.c runtime/hook_output.h \
	runtime/hook_state.c runtime/hook_state.h \
	runtime/host_commit.c runtime/host_commit.h \
	runtime/host_ps.c runtime/host_ps.h \
	runtime/image_form.c runtime/image_form.h \
	runtime/init.c runtime/init.h \
	runtime/interrupt.c runtime/interrupt.h \
	runtime/join.c \
	runtime/join_cgroup.c runtime/join_cgroup.h \
	runtime/launch.c runtime/launch.h \
	runtime/launch_cgroup.c runtime/launch_cgroup.h \
	runtime/launch_clone.c runtime/launch_clone.h \
	runtime/launch_hooks.c runtime/launch_hooks.h \
	runtime/launch_scope.c runtime/launch_scope.h \
	runtime/launch_serve.c runtime/launch_serve.h \
	runtime/launch_network.c runtime/launch_network.h \
	runtime/launch_pasta.c runtime/launch_pasta.h \
	runtime/launch_resctrl.c runtime/launch_resctrl.h \
	runtime/layers.c \
	runtime/live_copy.c runtime/live_copy.h \
	runtime/lifecycle.c runtime/lifecycle.h \
	runtime/list.c runtime/overview.c runtime/overview.h \
	runtime/listener.c runtime/listener.h \
	runtime/mount_wish.c runtime/mount_wish.h \
	runtime/namespaces.c runtime/namespaces.h \
	runtime/notify.c runtime/notify.h \
	runtime/pid_file.c runtime/pid_file.h \
	runtime/pasta.c runtime/pasta.h \
	runtime/pasta_plan.c \
	runtime/pasta_ports.c \
	runtime/plan.c runtime/plan.h \
	runtime/plan_print.c \
	runtime/prepare.c runtime/prepare.h \
	runtime/processes.c \
	runtime/restart.c runtime/restart.h \
	runtime/restart_policy.c runtime/restart_policy.h \
	runtime/quota.c runtime/quota.h \
	runtime/run_change_parts.h \
	runtime/run_changes.c runtime/run_changes.h \
	runtime/run_limits.c \
	runtime/run_mounts.c runtime/run_mounts.h \
	runtime/run_network.c \
	runtime/run_privileges.c \
	runtime/settings.h \
	runtime/snapshot.c runtime/snapshot.h \
	runtime/snapshot_list.c runtime/snapshot_list.h \
	runtime/spec_form.c runtime/spec_form.h \
	runtime/start_socket.c runtime/start_socket.h \
	runtime/state.c runtime/state.h \
	runtime/state_document.c runtime/state_document.h \
	runtime/sync.c runtime/sync.h \
	runtime/teardown.c runtime/teardown.h \
	runtime/try.c runtime/try.h \
	runtime/try_folder.c \
	runtime/try_mounts.c runtime/try_mounts.h \
	runtime/try_writable.c \
	runtime/update.c runtime/update.h \
	runtime/usage.c runtime/usage.h \
	runtime/uppers.c runtime/uppers.h \
	runtime/uppers_push.c

include runtime/process.mk
include runtime/criu.mk
include runtime/seccomp.mk
include runtime/commit.mk
include runtime/core_tests.mk

# Waits for a detached container; as small in memory as can be.
pkglibexec_PROGRAMS += ctr-monitor
ctr_monitor_SOURCES = runtime/monitor_main.c

# What --init puts in front of a container's program: it runs in there, whatever libraries that has.
pkglibexec_PROGRAMS += ctr-init
ctr_init_SOURCES = runtime/init_main.c
