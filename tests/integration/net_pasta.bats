# SPDX-License-Identifier: Apache-2.0
# Networks of an ordinary user, by pasta. His host is "a" of net_topology.bash, where he has a node
# of /dev/net/tun that is open to him; he is asked from the router and from "b", and by himself.
# shellcheck disable=SC2016

load helpers
load net_topology

setup_file() {
	require_program pasta newuidmap setpriv useradd ip nsenter
	BASE=$(mktemp -d /tmp/ctr-pasta.XXXXXX)
	export BASE USER_NAME=ctr-test-${BASE##*.}
	export USER_NAME=${USER_NAME,,}
	useradd --no-create-home --home-dir "$BASE" --shell /bin/sh "$USER_NAME"
	USER_ID=$(id -u "$USER_NAME")
	export USER_ID
	mkdir "$BASE/bin" "$BASE/tests"
	cp "$CTR_BUILDDIR"/ctr "$CTR_BUILDDIR"/ctr-{monitor,image,more,init,net} "$BASE/bin"
	mknod "$BASE/tun" c 10 200
	chmod 666 "$BASE/tun"
	chmod 755 "$BASE"
	chown "$USER_NAME:" "$BASE/tests"
}

teardown_file() {
	[[ -n ${BASE-} ]] || return 0
	userdel "$USER_NAME"
	rm -rf "$BASE"
}

setup() {
	setup_container
	NS=ct$BASHPID-$BATS_TEST_NUMBER
	SERVERS=()
	topology || skip "no network namespaces or veth here"
	[[ -c /dev/net/tun ]] || skip "no tap devices here"
	# where a user has no more than his own ports
	on a sh -c 'echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start'
	DIR=$BASE/tests/$BATS_TEST_NUMBER
	ROOT=$DIR/runtime/ctr DATA=$DIR/data/ctr
	mkdir -p "$DIR/runtime" "$DIR/data"
	cp -a "$ROOTFS" "$DIR/rootfs"
	ROOTFS=$DIR/rootfs
	chmod 700 "$DIR/runtime"
	chown -R "$USER_ID:$USER_ID" "$DIR"
	cd "$DIR" || return
	printf 'nameserver 10.77.2.2\n' >resolv.conf
	TUN=$BASE/tun
	# what the tests make in here is for the user too
	umask 0
}

teardown() {
	local status=0 pid ns
	cd "$DIR" || status=1
	for pid in "${SERVERS[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	teardown_container || status=1
	equal "$(pastas)" '' || status=1
	for ns in a b router; do
		ip netns del "$NS-$ns" || status=1
	done
	rm -rf "$DIR" "/run/user/${USER_ID:?}"
	return $status
}

# as_user COMMAND...: on host a, with his own /dev/net/tun and /etc/resolv.conf.
as_user() {
	on a unshare --mount sh -c 'umask 022; tun=$1; shift; mount --bind "$tun" /dev/net/tun &&
		mount --bind resolv.conf /etc/resolv.conf && exec "$@"' sh "$TUN" \
		setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps -all \
		env -i HOME="$DIR" PATH="${SEARCH-$PATH}" XDG_RUNTIME_DIR="$DIR/runtime" XDG_DATA_HOME="$DIR/data" "$@"
}

ctr() {
	as_user "$BASE/bin/ctr" "$@" 3>&-
}

# pastas: the processes that serve containers of this test.
pastas() {
	pgrep -af -- "^$DIR/.*/network/pasta " || true
}

pasta_count() {
	pastas | wc -l
}

# not_made: container $ID left nothing.
not_made() {
	[[ ! -e $ROOT/$ID && ! -e $DATA/containers/$ID ]] || fail "$ID is there: $(ls "$ROOT" "$DATA/containers")"
}

# No process, and no port that it held.
no_pasta() {
	equal "$(pastas)" ''
	equal "$(on a ss -Hlntu)" ''
}

@test "a user's container reaches the networks of its host, under the host's addresses" {
	serve_on b far tcp 7000 udp 7001
	up web --network pasta
	sees @web tcp "$B" 7000 : "far saw $A"
	sees @web udp "$B" 7001 : "far saw $A"
	sees @web tcp "$B6" 7000 : "far saw $A6"
	equal "$(pasta_count)" 1
	ctr rm -f "$ID-web"
	no_pasta
}

@test "ports lead in from outside and from the host: tcp, udp, ranges, chosen addresses" {
	up web --network pasta -p 8080:80 -p 5300:53/udp -p "$A:9000-9002:90-92" -p 127.0.0.1:6000:80 \
		-- tcp 80 tcp 90-92 udp 53
	sees b tcp "$A" 8080 : "web saw 10.77.2.2"
	sees b udp "$A" 5300 : "web saw 10.77.2.2"
	for port in 9000 9001 9002; do
		sees b tcp "$A" $port : "web saw 10.77.2.2"
	done
	# the kernel probes for others with its link-local address first
	eventually sees b tcp "$A6" 8080 : "web saw fd77:2::2"
	matches "$(ask a tcp 127.0.0.1 8080)" '^web saw'
	matches "$(ask a tcp 127.0.0.1 6000)" '^web saw'
	unheard a tcp 127.0.0.1 9000
	unheard b tcp "$A" 6000
	unheard b tcp "$A" 80
	equal "$(ctr port "$ID-web" | sort)" "53/udp -> 0.0.0.0:5300
80/tcp -> 0.0.0.0:8080
80/tcp -> 127.0.0.1:6000
90/tcp -> $A:9000
91/tcp -> $A:9001
92/tcp -> $A:9002"
	equal "$(ctr port "$ID-web" 53/udp)" 0.0.0.0:5300
	ctr rm -f "$ID-web"
	no_pasta
}

@test "a user who publishes a port means pasta, and gets a free one if he names none" {
	local port
	up web -p 80 -p 80/udp -p 127.0.0.1:7000-7010:80 -- tcp 80 udp 80
	equal "$(pasta_count)" 1
	equal "$(ctr port "$ID-web" | tail -n 1)" '80/tcp -> 127.0.0.1:7000'
	port=$(ctr port "$ID-web" 80/tcp | head -n 1)
	sees b tcp "$A" "${port##*:}" : "web saw 10.77.2.2"
	port=$(ctr port "$ID-web" 80/udp)
	sees b udp "$A" "${port##*:}" : "web saw 10.77.2.2"
}

@test "a port that is in use is told before anything is made, and whose it is" {
	serve_on a other tcp 7000 udp 7001
	up web -p 8080:80 -p 8081:81/udp -p 8090-8099:90-99 -- tcp 80
	spec . true
	for port in 8080:1 8081:1/udp 8095:1 8085-8095:1-11; do
		run -125 ctr run --name "$ID" -p "$port" spec.json
		contains "$output" 'in use' "container $ID-web has it"
		not_made
	done
	for port in 7000:1 7001:1/udp 6990-7010:90-110; do
		run -125 ctr run --name "$ID" -p "$port" spec.json
		contains "$output" 'in use'
		lacks "$output" container
		not_made
	done
	run -125 ctr run --name "$ID" -p 80:80 spec.json
	contains "$output" 80/tcp 'only root' ip_unprivileged_port_start
	run -125 ctr run --name "$ID" -p 10.1.1.1:8000:80 spec.json
	contains "$output" 8000/tcp 'no address 10.1.1.1'
	not_made
	equal "$(pasta_count)" 1
	sees b tcp "$A" 8080 : "web saw 10.77.2.2"
	# other addresses, other protocols
	up two -p 8080:80/udp -p 8081:81 -- tcp 81 udp 80
	sees b udp "$A" 8080 : "two saw 10.77.2.2"
}

@test "pasta goes with every kind of end of its container, and its ports with it" {
	local pid
	serve_on b far tcp 7000
	SPEC=ends.json spec '.mounts += [{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"]}]' talk ask tcp "$B" 7000
	# by itself, three times with the same port
	for _ in 1 2 3; do
		run -0 ctr run --rm --name "$ID" -p 8080:80 ends.json
		equal "$output" "far saw $A"
		no_pasta
	done
	run -0 ctr run --name "$ID" -p 8080:80 ends.json
	no_pasta
	# again, which it has to be started for
	run -0 ctr start --attach "$ID"
	equal "$output" "far saw $A"
	no_pasta
	ctr rm "$ID"
	# stopped, started again, removed
	up web -p 8080:80 -- tcp 80
	ctr stop -t 0 "$ID-web"
	eventually no_pasta
	exec {ready}<>ready-web/fifo
	ctr start "$ID-web"
	heard "$ready"
	sees b tcp "$A" 8080 : "web saw 10.77.2.2"
	ctr stop -t 0 "$ID-web"
	exec {ready}<>ready-web/fifo
	ctr start "$ID-web"
	heard "$ready"
	equal "$(pasta_count)" 1
	ctr rm -f "$ID-web"
	no_pasta
}

@test "pasta of a container whose ctr was killed ends with the next command on it, or that needs its port" {
	local pid
	spec . sh -c "$IDLE"
	for next in rm run; do
		as_user "$BASE/bin/ctr" run --name "$ID" -p 8080:80 spec.json 3>&- &
		eventually has_status "$ID" running
		pid=$(pid_of "$ID")
		kill -9 "$(status_field "$pid" PPid)"
		kill -9 "$pid" 2>/dev/null || true
		wait $! || true
		eventually has_status "$ID" stopped
		equal "$(pasta_count)" 1
		if [[ $next == rm ]]; then
			ctr rm "$ID"
		else
			run -0 ctr run --rm --name "$ID-two" -p 8080:80 spec.json true
		fi
		equal "$(pastas)" ''
	done
	ctr rm "$ID"
}

@test "pasta reads namespaces where AppArmor lets it, and they are nowhere else to be seen there" {
	local folder=/run/user/$USER_ID
	mkdir -p /run/user
	mkdir -m 700 "$folder"
	chown "$USER_ID:$USER_ID" "$folder"
	up web -p 8080:80 -- tcp 80
	up two -p 8081:80 -- tcp 80
	equal "$(pgrep -fc -- "^$DIR/.*/network/pasta .*--netns $folder/netns/netns\$")" 2
	sees b tcp "$A" 8080 : "web saw 10.77.2.2"
	sees b tcp "$A" 8081 : "two saw 10.77.2.2"
	equal "$(stat -c %a:%u "$folder/netns") $(ls -A "$folder/netns")" "700:$USER_ID "
	ctr rm -f "$ID-web"
	equal "$(pasta_count)" 1
	sees b tcp "$A" 8081 : "two saw 10.77.2.2"
	ctr rm -f "$ID-two"
	no_pasta
}

@test "another container of the user's joins the network of one" {
	serve_on b far tcp 7000
	up web -p 8080:80 -- tcp 80
	SPEC=joins.json spec . talk ask tcp 127.0.0.1 80
	run -0 ctr run --rm --network "container:$ID-web" joins.json
	contains "$output" 'web saw 127.0.0.1'
	SPEC=joins.json spec '.network.mode = "container:'"$ID"'-web"' talk ask tcp "$B" 7000
	run -0 ctr run --rm joins.json
	equal "$output" "far saw $A"
	equal "$(pasta_count)" 1
	run -125 ctr run --rm --network "container:$ID-none" joins.json
	contains "$output" "$ID-none" 'does not exist'
}

@test "what pasta cannot do is refused by name" {
	spec . true
	run -125 ctr run --name "$ID" --network pasta -p 80:80/sctp spec.json
	contains "$output" sctp 'only tcp and udp'
	run -125 ctr run --name "$ID" --network pasta:--foreground spec.json
	contains "$output" "'--foreground'"
	run -125 ctr run --name "$ID" --network pasta --ip 10.0.0.1 spec.json
	contains "$output" network.ipv4 pasta
	for network in bridge web,db web:ip=10.0.0.2; do
		run -125 ctr run --name "$ID" --network $network spec.json
		contains "$output" 'only root' '--network pasta'
	done
	SPEC=joins.json spec '.linux.namespaces |= map(select(.type != "network")) + [{type: "network", path: "/proc/self/ns/net"}] |
		.network.mode = "pasta"' true
	run -125 ctr run --name "$ID" joins.json
	contains "$output" network.mode /proc/self/ns/net
	SEARCH=/nowhere run -125 ctr run --name "$ID" --network pasta:--no-such-option spec.json
	contains "$output" 'pasta: ' no-such-option
	not_made
	run -125 on a "$CTR" --root "$DIR/root" --data-root "$DIR/root-data" run --network pasta spec.json
	contains "$output" 'not root' '--network bridge'
}

@test "without access to tap devices, without pasta or without a route that is said before anything is made" {
	spec . true
	cp -a "$TUN" tun
	chown root: tun
	chmod 600 tun
	TUN=tun run -125 ctr run --name "$ID" --network pasta spec.json
	contains "$output" /dev/net/tun 'only root'
	not_made
	on a ip route del default
	on a ip -6 route del default
	run -125 ctr run --name "$ID" --network pasta spec.json
	contains "$output" pasta: interface
	not_made
	equal "$(pastas)" ''
}

@test "a failure of a later step ends pasta" {
	spec . no-such-program
	run -127 ctr run --name "$ID" -p 8080:80 spec.json
	no_pasta
	not_made
	SPEC=hook.json spec '.hooks.createRuntime = [{path: "/bin/false"}]' true
	run -125 ctr run --name "$ID" -p 8080:80 hook.json
	no_pasta
	not_made
}

@test "names are asked of the host's servers, through pasta where these listen on its loopback" {
	AT=127.0.0.1 serve_on a names udp 53
	AT=$B serve_on b names-b udp 53
	spec . sh -c 'cat /etc/resolv.conf; talk ask udp $(sed -n "s/^nameserver //p" /etc/resolv.conf | head -n 1) 53'
	run -0 ctr run --rm --network pasta spec.json
	contains "$output" "nameserver $B" 'names-b saw'
	printf 'nameserver 127.0.0.1\n' >resolv.conf
	run -0 ctr run --rm --network pasta spec.json
	contains "$output" 'nameserver 169.254.1.1' 'names saw'
	run -0 ctr run --rm --network pasta --dns 10.9.9.9 --add-host x:10.0.0.1 --hostname h spec.json cat /etc/resolv.conf /etc/hosts /etc/hostname
	contains "$output" 'nameserver 10.9.9.9' $'10.0.0.1\tx' $'\th'
	lacks "$output" 169.254
}
