# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What the scripts of the engines share. tests/engines/run runs them as root inside of the engines'
# own root or of the guest, with ctr installed below /usr/local. ENGINES_IN says where: host or
# guest.
export PATH=/usr/bin:/usr/sbin:/bin:/sbin # not /usr/local/bin: ctr is containerd's name too
export LANG=C.UTF-8
here=/usr/local/lib/ctr-engines
number=0 failed=0

# in_guest: true in the guest, where cgroups have controllers and systemd runs
in_guest() { [ "$ENGINES_IN" = guest ]; }

# How many seconds something may take that has to come in the end: the guest is slow.
if in_guest; then patience=240; else patience=60; fi
export PTY_TIMEOUT=$patience

# parts ALL SHORT: which parts a script is to run: in the guest, where all takes ten times as long,
# the short list. ENGINES_PARTS has others, or "all".
parts() {
	case ${ENGINES_PARTS-}-$ENGINES_IN in
	-guest) echo "$2" ;;
	-* | all-*) echo "$1" ;;
	*) echo "$ENGINES_PARTS" ;;
	esac
}

# snippet FILE: the block of doc/engines.md that is said to be the content of this file, as in
# ```toml /etc/containers/containers.conf.d/ctr.conf
snippet() {
	awk -v file="$1" '
		/^```/ { inside = $2 == file; found += inside; next }
		inside
		END { exit !found }' "$here/engines.md"
}

# configure FILE: writes that file as the page has it
configure() {
	text=$(snippet "$1") || miss "doc/engines.md has $1"
	mkdir -p "$(dirname "$1")"
	printf '%s\n' "$text" >"$1"
}

# An image with busybox and its links, as a tar archive on standard output.
image() {
	folder=$(mktemp -d /tmp/image.XXXXXX)
	mkdir -m 755 "$folder/bin" "$folder/etc" "$folder/root"
	mkdir -m 1777 "$folder/tmp"
	chmod 755 "$folder"
	cp /bin/busybox "$folder/bin/"
	for name in $(/bin/busybox --list | grep -vx busybox); do
		ln -s busybox "$folder/bin/$name"
	done
	echo root:x:0:0:root:/root:/bin/sh >"$folder/etc/passwd"
	echo root:x:0: >"$folder/etc/group"
	tar --owner=0 --group=0 -C "$folder" -c .
	rm -rf "$folder"
}

# docker_archive NAME COMMAND: the image under that name and with that command (words of JSON) as
# `docker save` would write it
docker_archive() {
	rm -rf /tmp/archive
	mkdir /tmp/archive
	image >/tmp/archive/layer.tar
	(
		cd /tmp/archive || exit
		digest=$(sha256sum layer.tar | cut -d' ' -f1)
		cat >config.json <<-END
			{
				"architecture": "amd64", "os": "linux",
				"config": { "Env": ["PATH=/bin"], "Cmd": [$2] },
				"rootfs": { "type": "layers", "diff_ids": ["sha256:$digest"] },
				"history": [{ "created_by": "tests/engines" }]
			}
		END
		printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$1" >manifest.json
		tar -c manifest.json config.json layer.tar
	)
}

# pass NAME SEEN: a test has passed, with what was seen
pass() {
	number=$((number + 1))
	printf '%s\n' "ok $number - $1: $2"
}

# miss NAME TEXT...: it has not
miss() {
	number=$((number + 1)) failed=1
	echo "not ok $number - $1"
	shift
	printf '%s\n' "$@" | sed 's/^/# /'
}

# skip NAME WHY
skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# shown TEXT OUTPUT: the line of the output with the text in it, fit for a line of TAP
shown() {
	printf '%s\n' "$2" | grep -m 1 -F -e "$1" | tr '\t#' '  ' | tr -cd '[:print:]' | cut -c 1-100
}

# try COMMAND...: runs a program, for a limited time, or a function; sets $status and $output
try() {
	status=0
	# a file: what stays behind would hold a pipe open
	case $(command -v "$1") in
	/*) timeout "${limit:-90}" "$@" >/tmp/output 2>&1 </dev/null || status=$? ;;
	*) "$@" >/tmp/output 2>&1 </dev/null || status=$? ;;
	esac
	output=$(cat /tmp/output)
}

# is STATUS OUTPUT NAME COMMAND...: the command ends with that status and prints something with
# OUTPUT in it.
is() {
	expected=$1 text=$2 name=$3
	shift 3
	try "$@"
	# containerd loses the output of short-lived containers now and then, whatever its runtime
	[ "$status" -ne "$expected" ] || [ -n "$output" ] || [ -z "$text" ] || try "$@"
	case $output in
	*"$text"*)
		if [ "$status" -eq "$expected" ]; then
			pass "$name" "$status, $(shown "$text" "$output")"
			return
		fi
		;;
	esac
	miss "$name" "status $status, expected $expected and '$text':" "$output"
}

# sees NAME TEXT VALUE: the value has TEXT in it
sees() {
	case $3 in
	*"$2"*) pass "$1" "$(shown "$2" "$3")" ;;
	*) miss "$1" "expected '$2':" "$3" ;;
	esac
}

# until_true COMMAND...: waits until the command succeeds, for $patience seconds
until_true() {
	end=$(($(date +%s) + patience))
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $end ] || return 1
		sleep 0.2
	done
}

# until_output TEXT COMMAND...: waits until the command prints the text, for $patience seconds
until_output() {
	text=$1
	shift
	end=$(($(date +%s) + patience))
	until "$@" 2>&1 | grep -F -e "$text"; do
		[ "$(date +%s)" -lt $end ] || return 1
		sleep 0.2
	done
}

finish() {
	echo "1..$number"
	exit $failed
}
