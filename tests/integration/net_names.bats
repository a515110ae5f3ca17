#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Names: /etc/hosts, /etc/resolv.conf and /etc/hostname of containers with a network, and how the
# members of a network come to know of one another.

load helpers
load net_topology

setup() {
	BINDS=()
	setup_network
}

teardown() {
	teardown_network
}

# file_of NAME FILE: as container $ID-NAME reads it.
file_of() {
	ctr exec "$ID-$1" cat "/etc/$2"
}

# lines_of NAME WORD...: the lines of its /etc/hosts that have all these words, in order, blanks as one.
lines_of() {
	local text word
	text=$(file_of "$1" hosts | tr -s ' \t' '  ' | sed 's/ *$//')
	shift
	for word; do
		text=$(grep -wF -- "$word" <<<"$text")
	done
	printf '%s' "$text"
}

# knows NAME OTHER: the address of $ID-OTHER is what $ID-NAME finds for its name.
knows() {
	equal "$(lines_of "$1" "$ID-$2" | cut -d ' ' -f 1)" "$(address_of "$2")"
}

# knows_not NAME OTHER
knows_not() {
	lacks "$(file_of "$1" hosts)" "$ID-$2"
}

# host_has FILE TEXT: for ctr() of this test the host's FILE is this.
host_has() {
	local copy=host-${1//\//-}
	printf '%b' "$2" >"$copy"
	BINDS+=("mount --bind $DIR/$copy $1 &&")
}

# ctr_there ARGUMENT...: ctr() with these files, in a mount namespace of its own.
ctr_there() {
	on a unshare -m sh -c "${BINDS[*]} exec \"\$@\"" - \
		"$CTR" --root "$ROOT" --data-root "$DATA" "$@" 3>&-
}

# once OPTION... -- SCRIPT: what SCRIPT prints in a container with these options.
once() {
	local options=()
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	spec '.hostname = "box"' sh -c "$2"
	ctr_there run --rm --name "$ID-once" "${options[@]}" spec.json
}

@test "names: the files of a container with a network are those that engines make" {
	up one --network bridge --hostname box
	local own gateway
	own=$(address_of one)
	gateway=$(in_container one ip -j route show default | jq -r '.[0].gateway')
	equal "$(lines_of one | head -n 1)" '127.0.0.1 localhost'
	equal "$(lines_of one ip6-loopback)" '::1 localhost ip6-localhost ip6-loopback'
	equal "$(lines_of one "$own")" "$own box $ID-one"
	equal "$(lines_of one "$gateway")" "$gateway host.containers.internal host.docker.internal"
	equal "$(file_of one hostname)" box
	contains "$(file_of one resolv.conf)" 'nameserver '
	# for all users to read, for its root to write
	equal "$(ctr exec "$ID-one" stat -c '%a %u %g' /etc/hosts /etc/resolv.conf /etc/hostname)" \
		"$(printf '644 0 0\n%.0s' 1 2 3)"
}

@test "names: members of a network know of those that come, and forget those that go" {
	up one --network bridge
	up two --network bridge --network-alias db
	up three --network bridge
	local name other
	for name in one two three; do
		for other in one two three; do
			knows "$name" "$other"
		done
	done
	equal "$(lines_of one db)" "$(address_of two) $ID-two db"
	ctr rm -f "$ID-two"
	knows_not one two
	knows_not three two
	equal "$(lines_of one db)" ''
	knows one three
	knows three one
}

# found NAME WORD: the addresses that the C library finds for a word in the files of $ID-NAME.
found() {
	file_of "$1" hosts >"hosts-of-$1"
	unshare -m sh -c 'mount --bind "$1" /etc/hosts && getent ahosts "$2"' - "hosts-of-$1" "$2" |
		cut -d ' ' -f 1 | sort -u
}

@test "names: a name that is asked for leads to the other container" {
	up web --network bridge --network-alias www -- tcp 8080
	up client --network bridge
	local word
	for word in "$ID-web" www; do
		equal "$(found client "$word")" "$(address_of web)"
	done
	sees @client tcp "$(found client www)" 8080 : "web saw $(address_of client)"
	# of those with the same alias all are found
	up more --network bridge --network-alias www
	equal "$(found client www)" "$(printf '%s\n' "$(address_of web)" "$(address_of more)" | sort)"
}

@test "names: members of another network stay unknown" {
	ctr network create --subnet 10.99.1.0/24 "n1$$"
	ctr network create --subnet 10.99.2.0/24 "n2$$"
	up one --network "n1$$"
	up two --network "n2$$"
	up both --network "n1$$" --network "n2$$"
	knows_not one two
	knows_not two one
	equal "$(lines_of one "$ID-both")" "$(address_of both eth0) $ID-both"
	equal "$(lines_of two "$ID-both")" "$(address_of both eth1) $ID-both"
	knows both one
	knows both two
}

@test "names come with network connect, and go with disconnect, on both sides" {
	ctr network create --subnet 10.99.1.0/24 "n1$$"
	up one --network "n1$$"
	up two --network bridge
	ctr network connect --alias also "n1$$" "$ID-two"
	equal "$(lines_of one also)" "$(address_of two eth1) $ID-two also"
	knows two one
	ctr network disconnect "n1$$" "$ID-two"
	knows_not one two
	knows_not two one
	# its own other address stays
	knows two two
}

@test "names: what the container itself has written stays, and its file is the same one" {
	up one --network bridge
	up two --network bridge
	local inode
	inode=$(ctr exec "$ID-one" stat -c %i /etc/hosts)
	ctr exec "$ID-one" sh -c 'echo 192.0.2.7 mine >>/etc/hosts; printf "192.0.2.8 other" >>/etc/hosts'
	ctr rm -f "$ID-two"
	up three --network bridge
	knows one three
	knows_not one two
	equal "$(lines_of one mine)" '192.0.2.7 mine'
	equal "$(lines_of one other)" '192.0.2.8 other'
	equal "$(ctr exec "$ID-one" stat -c %i /etc/hosts)" "$inode"
	# what only it reads is its own affair
	ctr exec "$ID-one" sh -c 'head -c 3000000 /dev/zero >/etc/hosts'
	up four --network bridge
	knows three four
	ctr rm -f "$ID-four"
	knows_not three four
}

@test "names of one that was killed with its monitor go with the next command" {
	up one --network bridge
	up two --network bridge
	kill -KILL "$(pid_of "$ID-two")"
	forgotten() { ctr network ls >/dev/null && knows_not one two 2>/dev/null; }
	eventually forgotten
}

@test "names: a container that is started again is known by its address of then" {
	up one --network bridge
	up two --network bridge
	ctr stop "$ID-two"
	knows_not one two
	ctr exec "$ID-one" sh -c 'echo 192.0.2.7 mine >>/etc/hosts'
	ctr start "$ID-two"
	knows one two
	knows two one
	knows two two
}

@test "names: those that start together know all of one another" {
	local i pids=()
	up first --network bridge
	spec '.hostname = "box"' sh -c "$IDLE"
	for i in 1 2 3 4 5 6 7 8; do
		ctr run -d --name "$ID-at$i" --network bridge spec.json >/dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	for i in 1 2 3 4 5 6 7 8; do
		knows first "at$i"
		equal "$(lines_of "at$i" "$ID-at" | wc -l)" 0
		equal "$(file_of "at$i" hosts | grep -c "$ID-at")" 8
	done
}

@test "--add-host gives names to addresses, and to the host itself" {
	run -0 once --network bridge --add-host 'db;database:192.0.2.1' --add-host 'v6:[2001:db8::1]' \
		--add-host also=192.0.2.2 --add-host gate:host-gateway -- 'cat /etc/hosts; ip route'
	local gateway
	gateway=$(sed -n 's/^default via \([^ ]*\) .*/\1/p' <<<"$output")
	contains "$output" $'192.0.2.1\tdb database' $'2001:db8::1\tv6' $'192.0.2.2\talso' "$gateway"$'\tgate'
	# without an engine's network too
	run -0 once --network none --add-host db:192.0.2.1 -- 'cat /etc/hosts; ls /etc/resolv.conf || true'
	contains "$output" $'127.0.0.1\tlocalhost' $'192.0.2.1\tdb' 'No such file'
	run -0 once -- 'ls /etc'
	lacks "$output" hosts resolv.conf hostname
}

@test "--add-host and --dns refuse what is none, and nothing is made" {
	refused() {
		local wanted=$1
		shift
		run -125 once --network bridge "$@" -- true
		contains "$output" "$wanted"
		equal "$(tables)" ''
	}
	refused "'nowhere' is no IP address" --add-host db:nowhere
	refused "'db' is not NAME" --add-host db
	refused "'' is no name of a host" --add-host ':192.0.2.1'
	refused "'example.org' is no IP address" --dns example.org
	refused "'none' is no IP address" --dns none --dns 192.0.2.1
	run -125 once --network none --add-host gate:host-gateway -- true
	contains "$output" 'host-gateway' 'leads to the host'
}

@test "--no-hosts, or a mount of one's own, leaves /etc/hosts alone" {
	run -0 once --network bridge --no-hosts -- 'ls /etc; cat /etc/resolv.conf'
	lacks "$output" hosts$'\n'
	contains "$output" hostname 'nameserver '
	echo '192.0.2.9 mine' >mine
	run -0 once --network bridge -v "$DIR/mine:/etc/hosts" -- 'cat /etc/hosts; cat /etc/hostname'
	equal "$output" $'192.0.2.9 mine\nbox'
	equal "$(<mine)" '192.0.2.9 mine'
	# others have it all the same
	up one --network bridge --no-hosts
	up two --network bridge
	knows two one
}

@test "resolv.conf has the host's servers, but for those that only the host can ask" {
	host_has /etc/resolv.conf '# host\nnameserver 127.0.0.1\nnameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch example.org lan\noptions ndots:2\n'
	run -0 once --network bridge -- 'cat /etc/resolv.conf'
	equal "$output" $'search example.org lan\nnameserver 192.0.2.53\noptions ndots:2'
	ctr network create --ipv6 --subnet 10.99.1.0/24 --subnet fd99::/64 "n6$$"
	run -0 once --network "n6$$" -- 'cat /etc/resolv.conf'
	equal "$output" \
		$'search example.org lan\nnameserver 192.0.2.53\nnameserver 2001:db8::53\noptions ndots:2'
	run -0 once --network host -- 'cat /etc/resolv.conf'
	contains "$output" 'nameserver 127.0.0.1'
}

@test "resolv.conf: behind systemd-resolved's stub are the servers that it asks" {
	BINDS=('mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/resolve && : >/run/systemd/resolve/resolv.conf &&')
	host_has /etc/resolv.conf 'nameserver 127.0.0.53\noptions edns0\n'
	host_has /run/systemd/resolve/resolv.conf 'nameserver 192.0.2.54\nsearch lan\n'
	run -0 once --network bridge -- 'cat /etc/resolv.conf'
	equal "$output" $'search lan\nnameserver 192.0.2.54'
	run -0 once --network host -- 'cat /etc/resolv.conf'
	equal "$output" $'nameserver 127.0.0.53\noptions edns0'
}

@test "--dns, --dns-search and --dns-option count more than the host's; none leaves the file alone" {
	host_has /etc/resolv.conf 'nameserver 192.0.2.53\nsearch lan\noptions rotate\n'
	run -0 once --network bridge --dns 192.0.2.1 --dns fd00::1 -- 'cat /etc/resolv.conf'
	equal "$output" $'search lan\nnameserver 192.0.2.1\nnameserver fd00::1\noptions rotate'
	run -0 once --network bridge --dns-search a --dns-search b --dns-option ndots:3 -- 'cat /etc/resolv.conf'
	equal "$output" $'search a b\nnameserver 192.0.2.53\noptions ndots:3'
	run -0 once --network bridge --dns-search . -- 'cat /etc/resolv.conf'
	equal "$output" $'nameserver 192.0.2.53\noptions rotate'
	run -0 once --network bridge --dns none -- 'ls /etc'
	lacks "$output" resolv.conf
	contains "$output" hosts
}

@test "names: the places of the files are no change of the container's" {
	up one --network bridge
	equal "$(ctr diff "$ID-one")" ''
	ctr exec "$ID-one" sh -c 'echo x >/etc/mine; echo 192.0.2.1 y >>/etc/hosts'
	equal "$(ctr diff "$ID-one")" $'C /etc\nA /etc/mine'
	# those of a container without them are its own
	spec . sh -c 'echo 192.0.2.1 y >/etc/hosts'
	ctr run --name "$ID-none" spec.json
	equal "$(ctr diff "$ID-none")" $'C /etc\nA /etc/hosts'
}

@test "names: a container in another one's network has its files" {
	up one --network bridge --hostname box
	up two --network "container:$ID-one"
	equal "$(file_of two hosts)" "$(file_of one hosts)"
	up three --network bridge
	knows two three
	equal "$(file_of two resolv.conf)" "$(file_of one resolv.conf)"
}

@test "names: every user of a container can read its files, whatever ctr's umask is" {
	local mode
	umask 077
	for mode in bridge host; do
		run -0 once --network $mode --dns 192.0.2.1 --add-host db:192.0.2.2 -u 1000 -- \
			'cat /etc/hosts /etc/resolv.conf'
		contains "$output" $'192.0.2.2\tdb' 'nameserver 192.0.2.1'
	done
}

@test "names: with the host's network, or one that is joined, its own name has an address too" {
	host_has /etc/hosts '127.0.0.1 localhost\n192.0.2.9 of-the-host\n'
	run -0 once --network host --add-host db:192.0.2.2 -- 'cat /etc/hosts'
	equal "$output" $'192.0.2.2\tdb\n127.0.0.1 localhost\n192.0.2.9 of-the-host\n127.0.1.1\tbox'
	run -0 once --network "ns:/run/netns/$NS-b" -- 'cat /etc/hosts /etc/hostname'
	contains "$output" $'127.0.0.1\tlocalhost' $'127.0.1.1\tbox'$'\nbox'
	lacks "$output" of-the-host
}

@test "names: host-gateway where no network leads to the host is an error, and leaves nothing" {
	ctr network create --internal --subnet 10.99.3.0/24 "n3$$"
	run -125 once --network "n3$$" --add-host gate:host-gateway -- true
	contains "$output" "'gate:host-gateway': no network of the container leads to the host"
	equal "$(containers)" ''
	run -0 once --network "n3$$" -- 'cat /etc/hosts'
	lacks "$output" host.containers.internal
	ctr network rm "n3$$"
}

@test "names: the root of a user namespace can write its files" {
	spec '.hostname = "box" | .linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]' \
		sh -c 'echo 192.0.2.1 mine >>/etc/hosts && cat /etc/hosts && stat -c "%u %g %a" /etc/hosts /etc/resolv.conf'
	run -0 ctr run --rm --name "$ID-user" --network bridge spec.json
	contains "$output" $'\tbox '"$ID-user" '192.0.2.1 mine' $'0 0 644\n0 0 644'
}
