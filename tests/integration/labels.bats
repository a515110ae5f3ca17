#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Labels of security modules: process.apparmorProfile, process.selinuxLabel, linux.mountLabel. What
# they do is tested where the kernel runs the module (the guest has AppArmor), the refusal elsewhere.

load helpers

setup() {
	setup_container
	PROFILE=ctr-test-$$-$BATS_TEST_NUMBER
}

teardown() {
	teardown_container || return
	[[ ! -e profile ]] || apparmor_parser -R profile || true
}

has_apparmor() {
	[[ -e /proc/self/attr/apparmor/exec ]]
}

has_selinux() {
	[[ -e /sys/fs/selinux/enforce ]]
}

# load_profile: a profile $PROFILE under which all is allowed but writing below /work.
load_profile() {
	has_apparmor || skip "this kernel does not run AppArmor"
	require_program apparmor_parser
	cat >profile <<-END
		profile $PROFILE flags=(attach_disconnected,mediate_deleted) {
			file,
			capability,
			mount,
			umount,
			pivot_root,
			network,
			signal,
			ptrace,
			unix,
			deny /work/** w,
		}
	END
	apparmor_parser -r profile || skip "apparmor_parser does not work here"
}

@test "AppArmor: the program runs under the profile, and so does what exec brings" {
	load_profile
	spec ".process.apparmorProfile = \"$PROFILE\"" \
		sh -c 'cat /proc/self/attr/current; echo x >/work/file || echo denied; echo x >/tmp/file && echo allowed; trap "exit 0" TERM; mkfifo /tmp/f; read x </tmp/f'
	ctr run -d --name "$ID" spec.json >/dev/null
	eventually file_has "$DATA/containers/$ID/log" allowed
	run -0 ctr logs "$ID"
	contains "$output" "$PROFILE (enforce)" denied allowed
	run -0 ctr exec "$ID" sh -c 'cat /proc/self/attr/current; echo x >/work/other || echo denied'
	contains "$output" "$PROFILE (enforce)" denied
}

@test "AppArmor: under noNewPrivileges and in a user namespace" {
	load_profile
	inside ".process.apparmorProfile = \"$PROFILE\" | .process.noNewPrivileges = true" 'cat /proc/self/attr/current'
	equal "$output" "$PROFILE (enforce)"
	inside ".process.apparmorProfile = \"$PROFILE\" | .linux.namespaces += [{type: \"user\"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings" \
		'cat /proc/self/attr/current'
	equal "$output" "$PROFILE (enforce)"
}

@test "AppArmor: the container's own /proc cannot swallow the label" {
	load_profile
	background ".process.apparmorProfile = \"$PROFILE\" | .linux.namespaces |= map(select(.type != \"pid\")) |
		.mounts += [{destination: \"/proc\", type: \"tmpfs\", source: \"tmpfs\"}]" "$IDLE" ||
		background ".process.apparmorProfile = \"$PROFILE\" | .mounts = []" "$IDLE"
	equal "$(<"/proc/$(pid_of "$ID")/attr/current")" "$PROFILE (enforce)"
}

@test "AppArmor: a profile that is not loaded is refused by member and leaves nothing" {
	has_apparmor || skip "this kernel does not run AppArmor"
	spec '.process.apparmorProfile = "no-such-profile"' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" process.apparmorProfile no-such-profile
	nothing_created
}

@test "AppArmor: the profile unconfined is accepted everywhere" {
	inside '.process.apparmorProfile = "unconfined"' 'echo runs'
	equal "$output" runs
}

@test "a kernel without AppArmor refuses a profile, before anything is made" {
	! has_apparmor || skip "this kernel runs AppArmor"
	spec '.process.apparmorProfile = "docker-default"' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" process.apparmorProfile docker-default 'does not run AppArmor'
	background . "$IDLE"
	run -255 ctr exec --apparmor docker-default "$ID" true
	contains "$output" process.apparmorProfile
}

@test "a kernel without SELinux refuses its labels, before anything is made" {
	! has_selinux || skip "this kernel runs SELinux"
	spec '.process.selinuxLabel = "system_u:system_r:container_t:s0:c1,c2"' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" process.selinuxLabel 'selinux label is specified in config, but selinux is disabled or not supported'
	spec '.linux.mountLabel = "system_u:object_r:container_file_t:s0:c1,c2"' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" linux.mountLabel 'selinux is disabled or not supported'
	nothing_created
}

@test "empty labels, as engines write them, ask for nothing" {
	inside '.process.apparmorProfile = "" | .process.selinuxLabel = "" | .linux.mountLabel = ""' 'echo runs'
	equal "$output" runs
}

@test "SELinux: program, exec and mounts have the labels of the spec" {
	has_selinux || skip "this kernel does not run SELinux"
	local type
	type=$(sed 's/^[^:]*:[^:]*:\([^:]*\):.*/\1/' /proc/self/attr/current)
	inside ".process.selinuxLabel = \"system_u:system_r:$type:s0:c1,c2\"" 'cat /proc/self/attr/current'
	contains "$output" "$type:s0:c1,c2"
}
