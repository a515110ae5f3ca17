#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The six kinds of hooks: when, where and with what they run, and what their failure means.

load helpers

# A hook script on the host that notes its name and its stdin. Those inside the container find it
# under the same path by a bind mount.
setup() {
	setup_container
	mkdir hooks
	cat >hooks/note <<-END
		#!/bin/sh
		cat >"$DIR/hooks/\$1.json"
		echo "\$1 \$HOOK_ENV" >>"$DIR/hooks/order"
	END
	chmod 755 hooks/note
}

# hooks FILTER-LIST: the spec's hooks object where each named kind runs hooks/note.
noting() {
	local kind list=''
	for kind; do
		list+="$kind: [{path: \"$DIR/hooks/note\", args: [\"note\", \"$kind\"], env: [\"PATH=/bin:/usr/bin\", \"HOOK_ENV=e\"]}],"
	done
	echo ".hooks = {${list%,}} | .mounts += [{destination: \"$DIR/hooks\", source: \"$DIR/hooks\", options: [\"bind\"]}]"
}

# one_hook KIND PATH [ARGUMENT...]: as jq filter.
one_hook() {
	local kind=$1 path=$2
	shift 2
	printf '.hooks.%s += [{path: "%s", args: %s}]' "$kind" "$path" "$(jq -nc '$ARGS.positional' --args -- "$(basename "$path")" "$@")"
}

ALL=(prestart createRuntime createContainer startContainer poststart poststop)

@test "all six kinds run, once, in the order of the specification" {
	bundle b "$(noting "${ALL[@]}")" true
	create --bundle b "$ID"
	equal "$(<hooks/order)" $'prestart e\ncreateRuntime e\ncreateContainer e'
	run -0 ctr start "$ID"
	eventually has_status "$ID" stopped
	run -0 ctr delete "$ID"
	equal "$(<hooks/order)" $'prestart e\ncreateRuntime e\ncreateContainer e\nstartContainer e\npoststart e\npoststop e'
}

@test "a run in the foreground runs all six too" {
	spec "$(noting "${ALL[@]}")" true
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$(sort hooks/order | tr '\n' ' ')" 'createContainer e createRuntime e poststart e poststop e prestart e startContainer e '
}

@test "each hook gets the state of the container on stdin" {
	local kind file
	bundle b "$(noting "${ALL[@]}") | .annotations = {key: \"value\"}" true
	create --bundle b "$ID"
	local pid
	pid=$(pid_of "$ID")
	ctr start "$ID"
	eventually has_status "$ID" stopped
	ctr delete "$ID"
	for kind in "${ALL[@]}"; do
		file=hooks/$kind.json
		equal "$(jq -r '.id, .bundle, .annotations.key, .ociVersion' "$file")" "$ID"$'\n'"$DIR/b"$'\nvalue\n1.3.0'
	done
	equal "$(jq -r .status hooks/prestart.json hooks/createRuntime.json hooks/createContainer.json | sort -u | tr '\n' ' ')" 'creating '
	matches "$(jq -r .status hooks/startContainer.json)" '^created|creating$'
	equal "$(jq -r .status hooks/poststart.json)" running
	equal "$(jq -r .status hooks/poststop.json)" stopped
	equal "$(jq .pid hooks/createRuntime.json)" "$pid"
}

@test "several hooks of a kind run in the order of the list" {
	local filter
	filter=$(one_hook createRuntime /bin/sh -c "echo 1 >>$DIR/order")" | "$(one_hook createRuntime /bin/sh -c "echo 2 >>$DIR/order")
	spec "$filter | $(one_hook createRuntime /bin/sh -c "echo 3 >>$DIR/order")" true
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$(<order)" $'1\n2\n3'
}

@test "prestart and createRuntime run in the host's namespaces, createContainer and startContainer in the container's" {
	local kind filter=. say
	say='for n in mnt net uts; do readlink /proc/self/ns/$n; done'
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		filter+=" | .hooks.$kind = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"{ $say; } >$DIR/hooks/$kind.ns\"], env: [\"PATH=/bin:/usr/bin\"]}]"
	done
	spec "$filter | .mounts += [{destination: \"$DIR/hooks\", source: \"$DIR/hooks\", options: [\"bind\"]}]" \
		sh -c "for n in mnt net uts; do readlink /proc/self/ns/\$n; done >$DIR/hooks/inside.ns"
	run -0 ctr run --rm --name "$ID" spec.json
	local ours
	ours=$(for kind in mnt net uts; do readlink "/proc/self/ns/$kind"; done)
	for kind in prestart createRuntime poststart poststop; do
		equal "$(<"hooks/$kind.ns")" "$ours"
	done
	for kind in createContainer startContainer; do
		equal "$(<"hooks/$kind.ns")" "$(<hooks/inside.ns)"
	done
}

@test "createContainer hooks see the host's files, before the pivot; startContainer the container's" {
	spec ".hooks = {createContainer: [{path: \"$DIR/hooks/note\", args: [\"note\", \"createContainer\"]}],
			startContainer: [{path: \"/bin/probe\", args: [\"probe\", \"count-does-not-exist\"]}]}" true
	run -125 ctr run --rm --name "$ID" spec.json
	[[ -e hooks/createContainer.json ]]
	contains "$output" startContainer
}

@test "a hook's environment is its own and not the caller's" {
	cat >hooks/env <<-END
		#!/bin/sh
		env >"$DIR/hooks/environment"
	END
	chmod 755 hooks/env
	spec ".hooks.createRuntime = [{path: \"$DIR/hooks/env\", env: [\"A=1\"]}]" true
	SECRET=canary run -0 ctr run --rm --name "$ID" spec.json
	contains "$(<hooks/environment)" A=1
	lacks "$(<hooks/environment)" canary
}

@test "a hook that fails before the start fails the create, with kind, number and status, and undoes everything" {
	local kind
	for kind in prestart createRuntime createContainer startContainer; do
		spec "$(one_hook "$kind" /bin/true) | $(one_hook "$kind" /bin/sh -c 'exit 7')" sh -c 'echo must not run'
		run -125 ctr run --rm --name "$ID" spec.json
		contains "$output" "error running $kind hook #1:" 7
		lacks "$output" 'must not run'
		nothing_created
	done
}

@test "what a failing hook says on stderr is in the error" {
	spec "$(one_hook createRuntime /bin/sh -c 'echo the real reason >&2; exit 1')" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" 'error running createRuntime hook #0:' 'the real reason'
}

@test "a hook program that is not there fails the create" {
	spec "$(one_hook prestart /no/such/hook)" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" 'error running prestart hook #0:' /no/such/hook
	nothing_created
}

@test "a failed create runs the poststop hooks of what was set up" {
	spec "$(one_hook createRuntime /bin/false) | $(one_hook poststop /bin/sh -c "echo undone >$DIR/undone")" true
	run -125 ctr run --rm --name "$ID" spec.json
	equal "$(<undone)" undone
}

@test "a hook over its timeout is killed with its children and fails the create" {
	local begin=$SECONDS
	spec "$(one_hook createRuntime /bin/sh -c "echo \$\$ >$DIR/pid; sleep 1000; echo never") | .hooks.createRuntime[0].timeout = 1" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" 'error running createRuntime hook #0:' 'time'
	((SECONDS - begin < 15))
	eventually is_gone "$(<pid)"
	nothing_created
}

@test "a timeout of zero or less is refused" {
	spec "$(one_hook createRuntime /bin/true) | .hooks.createRuntime[0].timeout = 0" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" 'hooks.createRuntime[0].timeout'
	spec "$(one_hook createRuntime /bin/true) | .hooks.createRuntime[0].timeout = -3" true
	run -125 ctr run --rm --name "$ID" spec.json
	nothing_created
}

# runtime-spec, lifecycle, step 9
@test "a failing poststart hook stops the container and is the error" {
	local pid
	spec "$(one_hook poststart /bin/sh -c 'echo sorry >&2; exit 3')" sleep 1000
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" 'error running poststart hook #0: exit status 3: sorry'
	nothing_created

	bundle b "$(one_hook poststart /bin/false)" sleep 1000
	create --bundle b "$ID"
	pid=$(pid_of "$ID")
	run -1 ctr start "$ID"
	contains "$output" 'error running poststart hook #0:'
	eventually is_gone "$pid"
	eventually has_status "$ID" stopped
	ctr delete "$ID"
}

@test "a createContainer hook starts in the container's root, with the host's programs" {
	bundle b "$(one_hook createContainer /bin/sh -c "touch ./made-by-hook; pwd >$DIR/where")" test -e /made-by-hook
	run -0 ctr run --bundle b "$ID"
	[[ -e b/rootfs/made-by-hook ]]
}

@test "a startContainer hook without env has the environment of the process, others that of ctr" {
	bundle b ".process.env += [\"ONE=two\"] | $(one_hook startContainer /bin/sh -c 'env >/start-env') | $(one_hook createRuntime /bin/sh -c "env >$DIR/runtime-env")" true
	run -0 env CANARY=x "$CTR" --root "$ROOT" --data-root "$DATA" run --bundle b "$ID"
	contains "$(<b/rootfs/start-env)" ONE=two HOME=
	lacks "$(<"$DIR/runtime-env")" ONE=two
	contains "$(<"$DIR/runtime-env")" CANARY=x
}

@test "a startContainer hook is behind the container's seccomp filter" {
	bundle b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL_PROCESS"}]}
		| '"$(one_hook startContainer /bin/mkdir /made)" true
	run -1 ctr run --bundle b "$ID"
	contains "$output" 'error running startContainer hook #0:' 'bad system call'
	[[ ! -e b/rootfs/made ]]
}

@test "a failing poststop hook does not keep the container" {
	bundle b "$(one_hook poststop /bin/false) | $(one_hook poststop /bin/sh -c "echo second >$DIR/second")" true
	create --bundle b "$ID"
	ctr start "$ID"
	eventually has_status "$ID" stopped
	run ctr delete "$ID"
	contains "$output" poststop
	equal "$(<second)" second
	[[ ! -e $ROOT/$ID ]]
}

@test "a hook that does not read its stdin does no harm" {
	spec "$(one_hook createRuntime /bin/true) | .annotations = {big: (\"x\" * 200000)}" sh -c 'echo ran'
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" ran
}

@test "a hook that leaves a background process holding its output does not block the start" {
	spec "$(one_hook createRuntime /bin/sh -c "sleep 300 & echo \$! >$DIR/pid")" sh -c 'echo ran'
	timeout 20 "$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" spec.json >out 3>&-
	kill "$(<pid)" 2>/dev/null || true
	equal "$(<out)" ran
}

@test "a relative hook path is refused" {
	spec ".hooks.createRuntime = [{path: \"bin/true\"}]" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" 'hooks.createRuntime[0].path'
	nothing_created
}
