#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a user meets: help, version, nearest matches, check, the examples, the template.

load helpers

@test "--help shows every verb, with 0 and on stdout" {
	run -0 --separate-stderr ctr --help
	local verb
	for verb in run exec ps rm stop wait logs freeze thaw diff commit images rmi prune create start state kill delete list spec check explain; do
		matches "$output" "(^|[[:space:],])$verb([[:space:],]|$)"
	done
	# shellcheck disable=SC2154
	equal "$stderr" ''
}

@test "every verb has help that shows its options" {
	local verb
	for verb in create start state kill delete list ps run exec freeze thaw pause resume stop rm wait logs diff commit images rmi prune spec explain check features; do
		run -0 ctr "$verb" --help
		contains "$output" "$verb"
		matches "$output" '[Uu]sage'
	done
}

@test "--version names the program, its version and the specification's" {
	run -0 ctr --version
	matches "${lines[0]}" '^ctr version [0-9]+\.[0-9]+'
	contains "$output" 'spec: 1.3.0'
}

@test "an unknown verb gets the nearest match, and fails" {
	run ctr exce x
	[[ $status -ne 0 ]]
	contains "$output" exce "'exec'"
	run ctr frezee x
	contains "$output" "'freeze'"
}

@test "an unknown option gets the nearest match, and fails without doing anything" {
	spec . true
	run -125 ctr run --rmm --name "$ID" spec.json
	contains "$output" --rmm --rm
	run ctr commit --compresion zstd x y
	[[ $status -ne 0 ]]
	contains "$output" --compression
	nothing_created
}

@test "an option without its value is told in the words that engines know" {
	run ctr create --bundle
	[[ $status -ne 0 ]]
	contains "$output" 'flag needs an argument'
	run ctr run --name
	[[ $status -ne 0 ]]
	contains "$output" 'flag needs an argument'
}

@test "no verb at all shows how to get help, and fails" {
	run ctr
	[[ $status -ne 0 ]]
	contains "$output" help
}

@test "too few and too many arguments are told" {
	run ctr state
	[[ $status -ne 0 ]]
	run ctr state a b
	[[ $status -ne 0 ]]
	contains "$output" b
	run ctr commit a
	[[ $status -ne 0 ]]
	run ctr exec a
	[[ $status -ne 0 ]]
	run ctr run
	[[ $status -eq 125 ]]
}

@test "messages go to stderr and start with the program's name" {
	run -1 --separate-stderr ctr state nobody
	equal "$output" ''
	matches "$stderr" '^ctr: '
}

@test "a full disk or closed pipe behind stdout is a failure, not a crash" {
	run bash -c "'$CTR' --help >/dev/full"
	[[ $status -ne 0 && $status -lt 126 ]] || fail "status $status"
	run bash -c "'$CTR' --help >&-"
	((status < 128))
}

@test "check says what works here, what does not and what to do" {
	run ctr check
	((status <= 1))
	contains "$output" cgroup overlay seccomp
	matches "$output" '[Nn]amespace'
}

@test "features is JSON that engines read" {
	run -0 ctr features
	jq -e '.ociVersionMin and .ociVersionMax and (.hooks | length == 6) and (.linux.namespaces | index("user"))
		and .linux.cgroup.v2 and .linux.seccomp.enabled and .linux.mountExtensions.idmap.enabled
		and (.mountOptions | index("rro"))' <<<"$output" >/dev/null
}

@test "spec writes a template that runs" {
	mkdir -p b
	cp -al "$ROOTFS" b/rootfs
	run -0 ctr spec -b b
	jq -e .ociVersion b/config.json >/dev/null
	jq '.process.terminal = false | .process.args = ["echo", "from the template"]' b/config.json >c
	mv c b/config.json
	run -0 ctr run --bundle b "$ID"
	equal "$output" 'from the template'
}

@test "spec does not overwrite a config.json" {
	mkdir b
	echo mine >b/config.json
	run ctr spec -b b
	[[ $status -ne 0 ]]
	equal "$(<b/config.json)" mine
}

@test "spec --rootless writes a template with a user namespace that runs" {
	mkdir -p b
	cp -al "$ROOTFS" b/rootfs
	run -0 ctr spec --rootless -b b
	jq -e '.linux.namespaces | map(.type) | index("user")' b/config.json >/dev/null
	jq '.process.terminal = false | .process.args = ["id", "-u"]' b/config.json >c
	mv c b/config.json
	run -0 ctr run --bundle b "$ID"
	equal "$output" 0
}

@test "the template leaves inheritable capabilities empty" {
	mkdir b
	ctr spec -b b
	equal "$(jq -c '.process.capabilities.inheritable // []' b/config.json)" '[]'
}

# example NAME: its copy here, away from the sources; they all stand on the host's own root.
example() {
	[[ -e $SRCDIR/specs/examples/$1.json ]] || skip "there is no example $1"
	cp "$SRCDIR/specs/examples/$1.json" .
}

@test "every example of specs/examples is run by a test here" {
	local file name
	for file in "$SRCDIR"/specs/examples/*.json; do
		name=$(basename "$file" .json)
		grep -q "^	example $name\$" "$BATS_TEST_FILENAME" || fail "no test runs $name"
	done
}

@test "example hello" {
	example hello
	run -0 ctr run --rm --name "$ID" hello.json
	equal "$output" 'Hello from hello, where I am process 1.'
}

@test "example background: it logs, and stops when it is told" {
	example background
	ctr run -d --name "$ID" background.json
	logged() { [[ $(ctr logs "$ID") == *'line 1'* ]]; }
	eventually logged
	run -0 ctr stop "$ID"
	run -0 ctr wait "$ID"
	equal "$output" 0
	contains "$(ctr logs "$ID")" stopping
}

@test "example hooks" {
	example hooks
	rm -f /run/ctr-example-hooks.log
	run ctr run --rm --name "$ID" hooks.json
	local log
	log=$(cat /run/ctr-example-hooks.log)
	rm -f /run/ctr-example-hooks.log
	equal "$status" 0
	contains "$output" startContainer "$ID"
	contains "$log" createRuntime createContainer poststart poststop
}

@test "example limits" {
	require_controller memory cpu pids
	example limits
	run -0 ctr run --rm --name "$ID" limits.json
	contains "$output" 67108864 '50000 100000' 32
}

# In a network namespace of its own: port 8080 of this machine may be somebody's.
@test "example network: a published port answers" {
	example network
	require_program perl unshare
	unshare --net bash -c 'set -e
		ip link set lo up
		"$0" --root "$1" --data-root "$2" run -d --name "$3" network.json >id 2>&1 </dev/null
		"$0" --root "$1" --data-root "$2" port "$3"
		for try in {1..100}; do
			exec 3<>/dev/tcp/127.0.0.1/8080 && break
			"$0" --root "$1" --data-root "$2" exec "$3" true
		done 2>errors
		printf "GET / HTTP/1.0\r\n\r\n" >&3
		cat <&3
		"$0" --root "$1" --data-root "$2" rm -f "$3"' "$CTR" "$ROOT" "$DATA" "$ID" >out
	contains "$(<out)" '80/tcp -> 0.0.0.0:8080' '200 OK' 'Hello from web'
}

@test "example readonly" {
	example readonly
	run -0 ctr run --rm --name "$ID" readonly.json
	equal "$output" $'/etc: read-only\n/tmp: writable'
}

@test "example seccomp" {
	example seccomp
	run -0 ctr run --rm --name "$ID" seccomp.json
	contains "$output" 'no new namespaces in here'
}

@test "example shell" {
	example shell
	run -0 "$HELPERS/pty" 'expect=# ' 'send=echo $((6*7)); touch /shell-was-here; exit 0\n' 'expect=42' -- \
		"$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" shell.json 3>&-
	[[ ! -e /shell-was-here ]]
}

@test "example terminal" {
	example terminal
	run -0 "$HELPERS/pty" size=0x0 -- "$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" terminal.json 3>&-
	contains "$output" /dev/pts/0 '40 120'
}

@test "example userns" {
	example userns
	run -0 ctr run --rm --name "$ID" userns.json
	contains "$output" 'uid=0(root)' 100000 65536
}

@test "every command of the reference has a synopsis in its help" {
	local verb
	for verb in run exec commit; do
		run -0 ctr $verb --help
		matches "${lines[0]}" "ctr $verb"
	done
}
