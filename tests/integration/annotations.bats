#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Annotations that engines and their users know from crun.

load helpers

annotate() { # NAME VALUE: as a jq filter
	echo ".annotations.\"$1\" = \"$2\""
}

@test "run.oci.hooks.stdout and stderr get what hooks of all kinds print" {
	local filter kind
	filter="$(annotate run.oci.hooks.stdout "$DIR/out") | $(annotate run.oci.hooks.stderr errors)"
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		filter+=" | .hooks.$kind = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo $kind; echo $kind-error >&2\"]}]"
	done
	bundle b "$filter" true
	create --bundle b "$ID"
	run -0 ctr start "$ID"
	eventually has_status "$ID" stopped
	run -0 ctr delete "$ID"
	equal "$output" ''
	equal "$(tr '\n' ' ' <out)" 'prestart createRuntime createContainer startContainer poststart poststop '
	equal "$(wc -l <b/errors)" 6
	equal "$(sed -n 2p b/errors)" createRuntime-error
}

@test "run.oci.hooks.stdout that cannot be opened fails the create and leaves nothing" {
	bundle b "$(annotate run.oci.hooks.stdout /not/there/out) | .hooks.poststop = [{path: \"/bin/true\"}]" true
	run -1 ctr run --bundle b "$ID"
	contains "$output" run.oci.hooks.stdout /not/there/out
	nothing_created
}

@test "run.oci.pidfd_receiver gets a pidfd of the first process" {
	receive pidfd "$DIR/sock"
	bundle b "$(annotate run.oci.pidfd_receiver "$DIR/sock")" sleep 100
	create --bundle b "$ID"
	wait "$RECEIVER"
	contains "$(<heard)" "$(pid_of "$ID")"
}

@test "run.oci.seccomp.receiver gets the listener of the filter" {
	receive notify "$DIR/sock"
	bundle b "$(annotate run.oci.seccomp.receiver "$DIR/sock") | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\",
		syscalls: [{names: [\"getppid\"], action: \"SCMP_ACT_NOTIFY\"}]}" probe call getppid
	run -0 ctr run --bundle b "$ID"
	contains "$output" 4321
	contains "$(<heard)" seccompFd
	bundle c "$(annotate run.oci.seccomp.receiver sock) | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\"}" true
	run -1 ctr run --bundle c "$ID"
	contains "$output" run.oci.seccomp.receiver
}

@test "run.oci.seccomp_fail_unknown_syscall refuses a profile that names one" {
	local profile='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getppid", "not_a_call"], action: "SCMP_ACT_ERRNO"}]}'
	bundle b "$profile" true
	run -0 ctr run --bundle b "$ID"
	bundle c "$profile | $(annotate run.oci.seccomp_fail_unknown_syscall 1)" true
	run -1 ctr run --bundle c "$ID"
	contains "$output" 'linux.seccomp.syscalls[0]' not_a_call run.oci.seccomp_fail_unknown_syscall
	nothing_created
}

@test "run.oci.timens_offset sets the clocks of a new time namespace" {
	bundle b "$(annotate run.oci.timens_offset 'boottime 1000000 0') | .linux.namespaces += [{type: \"time\"}]" probe clock boottime
	run -0 ctr run --bundle b "$ID"
	((output > 1000000)) || fail "the clock says $output"
	bundle c "$(annotate run.oci.timens_offset 'boottime x') | .linux.namespaces += [{type: \"time\"}]" true
	run -1 ctr run --bundle c "$ID"
	contains "$output" run.oci.timens_offset
}
