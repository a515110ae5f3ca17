#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Terminals: of the caller in the foreground, through a console socket, window size, job control.

load helpers

TTY='.process.terminal = true | .mounts += [{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"]},
	{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666", "mode=0620"]}]'

# on_terminal STEP... [-- COMMAND...]: `ctr run spec.json` on a terminal that does the steps.
on_terminal() {
	local steps=()
	while [[ $# -gt 0 && $1 != -- ]]; do
		steps+=("$1")
		shift
	done
	shift
	[[ $# -gt 0 ]] || set -- run --rm --name "$ID" spec.json
	"$HELPERS/pty" "${steps[@]}" -- "$CTR" --root "$ROOT" --data-root "$DATA" "$@" 3>&-
}

@test "a foreground terminal: stdin, stdout and stderr are the container's own terminal" {
	spec "$TTY" sh -c 'test -t 0 && test -t 1 && test -t 2 && tty; stat -c %t:%T /dev/console'
	run -0 on_terminal
	contains "$output" /dev/pts/0
	lacks "$output" "not a tty"
}

@test "what is typed reaches the program and what it prints comes back" {
	spec "$TTY" sh -c 'read -r line; echo "got: $line"'
	run -0 on_terminal 'send=hello\n' 'expect=got: hello'
}

@test "the window has the size of the caller's at the start" {
	spec "$TTY" stty size
	run -0 on_terminal size=33x101
	contains "$output" '33 101'
}

@test "consoleSize is the size at the start when the spec has one and there is no caller's window" {
	spec "$TTY | .process.consoleSize = {height: 17, width: 71}" stty size
	run -0 on_terminal size=0x0
	contains "$output" '17 71'
}

@test "a change of the caller's window is passed on" {
	spec "$TTY" sh -c 'trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 1; done'
	run -0 on_terminal size=24x80 expect=ready size=50x132 'expect=50 132'
}

@test "Ctrl-C interrupts the foreground job in the container and not ctr" {
	spec "$TTY" sh -c 'trap "echo interrupted; exit 5" INT; echo ready; while :; do sleep 1; done'
	run -5 on_terminal expect=ready 'send=\x03' expect=interrupted
}

@test "job control works: Ctrl-Z stops a job of the shell inside" {
	spec "$TTY | .process.env += [\"PS1=> \"]" sh
	run -0 on_terminal 'expect=> ' 'send=sh -c "echo go\"\"ing; sleep 100"\n' expect=going 'send=\x1a' expect=Stopped \
		'send=kill -KILL %1\n' 'expect=> ' 'send=exit 0\n' 'send=exit 0\n'
	lacks "$output" "can't access tty" "job control turned off"
}

@test "the program is the leader of a session with the terminal as its controlling one" {
	spec "$TTY" sh -c 'cut -d" " -f1,6,7 /proc/self/stat; echo x >/dev/tty'
	run -0 on_terminal
	lacks "$output" "can't open"
	contains "$output" x
}

@test "newlines are not made carriage returns by the container's terminal" {
	spec "$TTY" sh -c 'stty -a'
	run -0 on_terminal
	contains "$output" -onlcr
}

@test "the exit status comes back through a terminal" {
	spec "$TTY" sh -c 'exit 42'
	run -42 on_terminal
}

@test "the caller's terminal is as it was after the end" {
	spec "$TTY" true
	run -0 "$HELPERS/pty" -- bash -c "stty -g; '$CTR' --root '$ROOT' --data-root '$DATA' run --rm --name $ID spec.json; stty -g" 3>&-
	equal "$(tr -d '\r' <<<"${lines[0]}")" "$(tr -d '\r' <<<"${lines[-1]}")"
}

@test "the caller's terminal is as it was when the container is ended by a signal" {
	spec "$TTY" sh -c 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'
	(eventually test -s pid && eventually file_has typed ready && kill -TERM "$(<pid)") 3>&- &
	run -0 bash -c "'$HELPERS/pty' -- sh -c \"stty -g; sh -c 'echo \\\$\\\$ >pid; exec $CTR --root $ROOT --data-root $DATA run --rm --name $ID spec.json'; echo status \\\$?; stty -g\" | tee typed" 3>&-
	contains "$output" 'status 3'
	equal "$(tr -d '\r' <<<"${lines[0]}")" "$(tr -d '\r' <<<"${lines[-1]}")"
}

@test "the end of the caller's terminal ends the container" {
	spec "$TTY" sh -c 'trap "exit 0" HUP; echo ready; while :; do sleep 1; done'
	PTY_TIMEOUT=1 run on_terminal expect=ready 'expect=never printed'
	equal "$status" 99
	eventually nobody_in_container
}

nobody_in_container() {
	local folder
	for folder in $(cgroups_of "$ID" | sed 's/^cgroup: //'); do
		[[ $folder == *ctr-test* || -z $(<"$folder/cgroup.procs") ]] || return 1
	done
}

@test "a terminal without one in the foreground: output still comes, as a terminal's" {
	spec "$TTY" sh -c 'test -t 1 && echo terminal'
	run -0 ctr run --rm --name "$ID" spec.json </dev/null
	contains "$output" terminal
}

@test "console socket: create sends the terminal's descriptor before it returns" {
	bundle b "$TTY" sh -c 'test -t 0 && tty && stty size'
	receive console "$DIR/console"
	create --bundle b --console-socket "$DIR/console" "$ID"
	eventually file_has heard 'terminal yes'
	contains "$(<heard)" 'name /dev/p'
	run -0 ctr start "$ID"
	eventually file_has heard /dev/pts/0
	eventually has_status "$ID" stopped
	wait "$RECEIVER"
}

@test "console socket: the size of the spec is set" {
	bundle b "$TTY | .process.consoleSize = {height: 11, width: 222}" stty size
	receive console "$DIR/console"
	create --bundle b --console-socket "$DIR/console" "$ID"
	ctr start "$ID"
	eventually file_has heard '11 222'
	wait "$RECEIVER"
}

@test "a terminal without a console socket is refused when nobody stays in the foreground" {
	bundle b "$TTY" true
	run -1 ctr create --bundle b "$ID"
	contains "$output" console-socket
	nothing_created
}

@test "a console socket without a terminal is refused" {
	bundle b . true
	run -1 ctr create --bundle b --console-socket "$DIR/console" "$ID"
	contains "$output" terminal
	nothing_created
}

@test "a console socket that nobody listens at is refused by name and leaves nothing" {
	bundle b "$TTY" true
	run -1 ctr create --bundle b --console-socket "$DIR/nobody" "$ID"
	contains "$output" "$DIR/nobody"
	nothing_created
}

@test "exec -t gives the program a terminal of the container" {
	background "${TTY/.process.terminal = true/.}" "$IDLE"
	run -0 on_terminal size=19x99 -- exec -t "$ID" sh -c 'test -t 0 && tty; stty size; exit 0'
	contains "$output" /dev/pts/ '19 99'
}

@test "exec -i -t: job control and the exit status" {
	background "${TTY/.process.terminal = true/.}" "$IDLE"
	run -7 on_terminal 'expect=# ' 'send=exit 7\n' -- exec -i -t "$ID" sh
	lacks "$output" "can't access tty"
}

@test "exec with a console socket" {
	background "${TTY/.process.terminal = true/.}" "$IDLE"
	receive console "$DIR/console"
	run -0 ctr exec -d -t --console-socket "$DIR/console" "$ID" tty
	eventually file_has heard /dev/pts/
	wait "$RECEIVER"
}

@test "/dev/console is the terminal of the container" {
	spec "$TTY" sh -c 'echo through-console >/dev/console'
	run -0 on_terminal
	contains "$output" through-console
}

@test "a container with a hostile /dev/console in its rootfs does not reach the host's files" {
	cp -al "$ROOTFS" mine
	echo precious >outside
	ln -s "$DIR/outside" mine/dev/console
	spec '.process.terminal = true | .root.path = "mine"' sh -c 'echo x >/dev/console; true'
	run on_terminal
	equal "$(<outside)" precious
}
