#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr diff`: what a container has changed against its lower layers.

load helpers

# changed_by SCRIPT [FILTER]: $output is the diff after it has run.
changed_by() {
	spec "${2:-.}" sh -c "$1"
	ctr run --name "$ID" spec.json >/dev/null
	run -0 ctr diff "$ID"
}

@test "a container that changes nothing has an empty diff" {
	changed_by true
	# folders that ctr itself made for mounts are none of the container's changes
	equal "$output" ''
}

@test "added, changed and deleted paths" {
	changed_by 'echo x >/etc/added; echo x >>/etc/group; rm /etc/passwd; mkdir /newdir; echo y >/newdir/file'
	equal "$(sort <<<"$output")" "$(sort <<-'END'
		A /etc/added
		C /etc
		C /etc/group
		D /etc/passwd
		A /newdir
		A /newdir/file
	END
	)" || fail "$output"
}

@test "a change of mode, owner or time alone is a change" {
	changed_by 'chmod 600 /etc/group; chown 5:6 /etc/passwd'
	contains "$output" 'C /etc/group' 'C /etc/passwd'
	lacks "$output" 'A ' 'D '
}

@test "a file that was deleted and made again is changed" {
	changed_by 'rm /etc/passwd; echo new >/etc/passwd'
	contains "$output" 'C /etc/passwd'
	lacks "$output" 'D /etc/passwd' 'A /etc/passwd'
}

@test "a file that was made and deleted is nothing" {
	changed_by 'touch /etc/x; rm /etc/x'
	lacks "$output" /etc/x
}

@test "a folder deleted whole is one line" {
	changed_by 'rm -r /etc/deep'
	contains "$output" 'D /etc/deep'
	lacks "$output" /etc/deep/one
}

@test "a folder that was deleted and made again (opaque) lists what is gone from it" {
	changed_by 'rm -r /etc/deep; mkdir /etc/deep; touch /etc/deep/new'
	contains "$output" 'A /etc/deep/new' 'D /etc/deep/one' 'D /etc/deep/er'
	lacks "$output" 'D /etc/deep'$'\n'
}

@test "a renamed folder is deleted there and added here" {
	changed_by 'mv /etc/deep /etc/moved'
	contains "$output" 'D /etc/deep' 'A /etc/moved' 'A /etc/moved/one' 'A /etc/moved/er/two'
}

@test "a file replaced by a folder, and a folder by a link" {
	changed_by 'rm /etc/group; mkdir /etc/group; rm -r /etc/deep; ln -s /tmp /etc/deep'
	matches "$output" '[CA] /etc/group'
	matches "$output" '[CA] /etc/deep'
}

@test "devices, FIFOs, sockets and links are listed" {
	changed_by 'mknod /n c 1 3; mkfifo /f; ln -s x /l; ln /etc/group /h'
	contains "$output" 'A /n' 'A /f' 'A /l' 'A /h'
}

@test "a whiteout-like device that the container cannot make is not confused with a deletion" {
	changed_by 'mknod /zero c 0 0 2>/dev/null; true'
	lacks "$output" 'D /zero'
}

@test "names with newlines, blanks and other bytes: escaped as text, exact as JSON" {
	changed_by 'touch "/a
b" "/c d" "/e\\f" "/é"; printf x >"$(printf "/g\377h")"'
	contains "$output" '/c d' '/é'
	[[ $(wc -l <<<"$output") == 5 ]] || fail "a newline in a name broke the lines: $output"
	run -0 ctr diff --format json "$ID"
	equal "$(jq -r '[.[] | .path] | map(select(. == "/a\nb" or . == "/c d" or . == "/e\\f" or . == "/é")) | length' <<<"$output")" 4
}

@test "diff --format json has the kinds as words or letters, in the order of the paths" {
	changed_by 'echo x >/etc/added; rm /etc/passwd'
	run -0 ctr diff --format json "$ID"
	jq -e 'map(.path) == (map(.path) | sort)' <<<"$output"
	equal "$(jq -r '.[] | select(.path == "/etc/added") | .kind' <<<"$output")" added
	equal "$(jq -r '.[] | select(.path == "/etc/passwd") | .kind' <<<"$output")" deleted
}

@test "diff of a running container" {
	background . "touch /now; $IDLE"
	now() { run -0 ctr diff "$ID" && [[ $output == *'A /now'* ]]; }
	eventually now
}

@test "diff against several lower layers: what is in any of them is not added" {
	mkdir -p top/etc
	echo a >top/etc/only-top
	changed_by 'echo b >>/etc/only-top; echo c >>/etc/group; rm /work/file; echo d >/etc/new' \
		".overlay = {lower: [\"top\", \"$ROOTFS\"]}"
	contains "$output" 'C /etc/only-top' 'C /etc/group' 'D /work/file' 'A /etc/new'
}

@test "what is in mounts is not in the diff" {
	changed_by 'echo x >/tmp/in-tmpfs; echo y >/real' '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]'
	contains "$output" 'A /real'
	lacks "$output" in-tmpfs
}

@test "diff of a container without a writable layer, or that is not there, is an error" {
	spec '.root.readonly = true' true
	ctr run --name "$ID" spec.json
	run ctr diff "$ID"
	[[ $status -ne 0 || $output == '' ]]
	run ctr diff nobody
	[[ $status -ne 0 ]]
	contains "$output" 'container does not exist'
}

@test "diff changes nothing" {
	changed_by 'echo x >/x'
	local before
	before=$(cd "$DATA/containers/$ID" && find . -printf '%p %T@ %C@\n' | sort | sha256sum)
	ctr diff "$ID"
	equal "$(cd "$DATA/containers/$ID" && find . -printf '%p %T@ %C@\n' | sort | sha256sum)" "$before"
}
