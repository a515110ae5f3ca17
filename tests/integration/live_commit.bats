#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr commit` of what runs: the copy that is made meanwhile, one instant for one or several
# containers, and what is left when any of it fails. What goes on inside meanwhile: stress.bats.

load helpers

# layer NAME: the file of the topmost layer of an image.
layer() {
	local digest
	digest=$(jq -r --arg name "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $name) | .digest' \
		"$DATA/store/index.json")
	digest=$(jq -r '.layers[-1].digest' "$DATA/store/blobs/sha256/${digest#sha256:}")
	echo "$DATA/store/blobs/sha256/${digest#sha256:}"
}

# unpacked NAME: the topmost layer unpacked by tar, in a folder of that name.
unpacked() {
	mkdir -p "$DIR/$1"
	tar --zstd --xattrs --xattrs-include='*' -C "$DIR/$1" -xf "$(layer "$1")"
}

# How many copies of the layer there are.
copies() {
	find "$DATA/containers/$ID" -maxdepth 1 -name '.tmp*' | wc -l
}

# lives SCRIPT: container $ID runs SCRIPT, which says with /ready that it may be committed.
lives() {
	background "${2:-.}" "$1"
	eventually test -e "$DATA/containers/$ID/upper/ready"
}

frozen_wish() {
	cat "$(cgroup_of "$(pid_of "$1")")/cgroup.freeze"
}

thawed() {
	[[ $(frozen_wish "$ID") == 0 ]]
}

@test "the image of a running container is its layer, and nothing of the copy is left" {
	lives "cd /work; echo x >f; ln f hard; ln -s f soft; mkfifo p; rm /etc/passwd; rm -r /etc/deep; mkdir /etc/deep
		chmod 4711 f; touch -d '2001-02-03 04:05:06' f; probe sparse /sparse; touch /ready; $IDLE"
	run -0 ctr commit --format json "$ID" live:1
	jq -e '.frozen and .frozenMicroseconds > 0 and .passes >= 2 and .frozenBytes == 0' <<<"$output"
	equal "$(copies)" 0
	ctr stop -t 0 "$ID"
	ctr commit --full "$ID" stopped:1
	# the same bytes as of the same layer at rest
	equal "$(layer live:1)" "$(layer stopped:1)"
}

@test "--pause: auto copies, always does not, never does not freeze" {
	lives "echo x >/x; touch /ready; $IDLE"
	run -0 ctr commit --pause=always --format json "$ID" app:always
	jq -e '.frozen and .passes == 0' <<<"$output"
	run -0 ctr commit --full --pause never --format json "$ID" app:never
	jq -e '(.frozen | not) and .frozenMicroseconds == 0 and .passes >= 2' <<<"$output"
	run -0 ctr commit --full --pause=never "$ID" app:never
	contains "$output" 'not frozen'
	run -0 ctr commit --full --pause=true --format json "$ID" app:true
	jq -e '.frozen and .passes >= 2' <<<"$output"
	run -0 ctr commit --pause=false --format json "$ID" app:false
	jq -e '.frozen | not' <<<"$output"
	equal "$(layer app:always)" "$(layer app:never)"
	equal "$(layer app:always)" "$(layer app:true)"
	run ctr commit --pause=sometimes "$ID" app:1
	[[ $status -ne 0 ]]
	contains "$output" auto always never
}

@test "--pause=never commits a container that cannot be frozen, having no cgroup" {
	spec . sh -c "echo x >/x; $IDLE"
	ctr --cgroup-manager=disabled run -d --name "$ID" spec.json >/dev/null
	eventually test -s "$DATA/containers/$ID/upper/x"
	run ctr commit "$ID" app:1
	[[ $status -ne 0 ]]
	contains "$output" --pause=never
	run -0 ctr commit --pause=never "$ID" app:1
	run -0 ctr run --rm --name "$ID-2" app:1 cat /x
	equal "$output" x
}

@test "a container that was frozen already is read where it is and stays frozen" {
	lives "touch /ready; $IDLE"
	ctr freeze "$ID"
	run -0 ctr commit --format json "$ID" app:1
	jq -e '(.frozen | not) and .passes == 0' <<<"$output"
	equal "$(frozen_wish "$ID")" 1
}

@test "on a tmpfs, whose files do not tell when they are stored to, the image is the layer too" {
	mkdir small
	host_mount -t tmpfs -o size=64m tmpfs "$DIR/small"
	DATA=$DIR/small/data lives "head -c 300000 /dev/urandom >/work/f; touch /ready; $IDLE"
	run -0 "$CTR" --root "$ROOT" --data-root "$DIR/small/data" commit "$ID" app:1
	run -0 "$CTR" --root "$ROOT" --data-root "$DIR/small/data" run --rm --name "$ID-2" app:1 sha256sum /work/f
	equal "$output" "$(sha256sum <"$DIR/small/data/containers/$ID/upper/work/f" | cut -d' ' -f1)  /work/f"
	# nothing of it can be taken for known later
	run -0 "$CTR" --root "$ROOT" --data-root "$DIR/small/data" commit "$ID" app:2
	equal "$(jq '.manifests | length' "$DIR/small/data/store/index.json")" 2
	DATA=$DIR/small/data
	equal "$(layer app:1)" "$(layer app:2)"
	ctr rm -f "$ID"
}

@test "no room for the copy is told, with the way out, and the container goes on" {
	local image=$DIR/disk point=$DIR/point
	truncate -s 64M "$image"
	mkfs.ext4 -q "$image"
	mkdir "$point"
	host_mount -o loop "$image" "$point"
	DATA=$point/data
	lives "head -c 40000000 /dev/urandom >/work/f; touch /ready; $IDLE"
	run ctr commit "$ID" app:1
	[[ $status -eq 125 ]]
	contains "$output" 'no space left for the copy' --pause=always
	equal "$(frozen_wish "$ID")" 0
	equal "$(copies)" 0
	equal "$(jq '.manifests | length' "$DATA/store/index.json" 2>/dev/null || echo 0)" 0
	ctr rm -f "$ID"
}

# group: containers $ID-1 to $ID-3 of which each appends to a log what the one before has.
group() {
	local i
	for i in 1 2 3; do
		SPEC=spec$i.json spec "${1:-.}" sh -c 'i=0; while :; do i=$((i+1)); echo $i >/n.new; mv /n.new /n; done'
		ctr run -d --name "$ID-$i" "spec$i.json" >/dev/null
	done
	for i in 1 2 3; do
		eventually test -s "$DATA/containers/$ID-$i/upper/n"
	done
}

names() {
	jq -r '[.manifests[].annotations["org.opencontainers.image.ref.name"]] | sort | join(" ")' "$DATA/store/index.json"
}

@test "several containers: all images or none, and all run on" {
	local i
	group
	run -0 ctr commit --format json "$ID-1=g/a:1" "$ID-2=g/b" "$ID-3=c:3"
	equal "$(jq -r '[.images[].name] | join(" ")' <<<"$output")" 'g/a:1 g/b:latest c:3'
	jq -e '.frozen and ([.images[].digest] | unique | length == 3)' <<<"$output"
	equal "$(names)" 'c:3 g/a:1 g/b:latest'
	for i in 1 2 3; do
		equal "$(frozen_wish "$ID-$i")" 0
		equal "$(status_of "$ID-$i")" running
	done
	run -0 ctr commit "$ID-1=g/a:2" "$ID-2=g/b:2"
	matches "$output" 'g/b:2 sha256.*frozen for [0-9.]+ ms'
}

@test "of a group in which one cannot be committed none is" {
	group
	run ctr commit "$ID-1=g/a:1" "nobody=g/b:1"
	[[ $status -eq 125 ]]
	contains "$output" nobody 'does not exist'
	run ctr commit "$ID-1=g/a:1" "$ID-2=BAD NAME"
	[[ $status -eq 125 ]]
	run ctr commit "$ID-1=g/a:1" "$ID-1=g/b:1"
	contains "$output" twice
	[[ $status -eq 125 ]]
	run ctr commit "$ID-1=g/a:1" "$ID-2=g/a:1"
	[[ $status -eq 125 ]]
	contains "$output" g/a:1
	run ctr commit "$ID-1=g/a:1" "$ID-2"
	[[ $status -ne 0 ]]
	[[ ! -e $DATA/store/index.json || $(names) == '' ]]
	equal "$(frozen_wish "$ID-1")" 0
}

# Two writers that answer each other through a shared folder: when b has n in its layer, a has too.
@test "a group is of one instant: what one has answered to is in the other's image" {
	local i a b
	mkdir shared
	MOUNT=".mounts += [{destination: \"/shared\", type: \"bind\", source: \"$DIR/shared\", options: [\"rbind\", \"rw\"]}]"
	SPEC=a.json spec "$MOUNT" sh -c 'i=0; while :; do i=$((i+1)); echo $i >/n.new; mv /n.new /n; echo $i >/shared/n.new; mv /shared/n.new /shared/n; done'
	SPEC=b.json spec "$MOUNT" sh -c 'while :; do read n </shared/n && echo $n >/n.new && mv /n.new /n; done'
	echo 0 >shared/n
	ctr run -d --name "$ID-a" a.json >/dev/null
	ctr run -d --name "$ID-b" b.json >/dev/null
	eventually test -s "$DATA/containers/$ID-b/upper/n"
	for i in 1 2 3 4 5; do
		ctr commit "$ID-b=b:$i" "$ID-a=a:$i" >/dev/null
		unpacked "a:$i"
		unpacked "b:$i"
		a=$(<"$DIR/a:$i/n") b=$(<"$DIR/b:$i/n")
		((b <= a)) || fail "b answers $b to what a has not said: $a"
	done
}

@test "containers that are alone in one cgroup are frozen by that, a third one in it by itself" {
	local parent=/ctr-test-$ID-pod
	FILTER=".linux.cgroupsPath = \"$parent/\" + (now | tostring)"
	group "$FILTER"
	run -0 ctr commit "$ID-1=a:1" "$ID-2=b:1"
	run -0 ctr commit "$ID-1=a:2" "$ID-2=b:2" "$ID-3=c:2"
	equal "$(<"$CGROUP2$parent/cgroup.freeze")" 0
	for i in 1 2 3; do
		equal "$(status_of "$ID-$i")" running
	done
	remove_containers
	eventually rmdir "$CGROUP2$parent"
}

@test "commits of the same containers in another order do not wait for each other for ever" {
	group
	ctr commit "$ID-1=a:1" "$ID-2=b:1" "$ID-3=c:1" >/dev/null &
	local first=$!
	run -0 ctr commit "$ID-3=c:2" "$ID-2=b:2" "$ID-1=a:2"
	wait "$first"
	equal "$(names)" 'a:1 a:2 b:1 b:2 c:1 c:2'
}

@test "what a killed commit has copied is removed by the next one, by prune and by rm" {
	local left
	[[ -x $CTR_BUILDDIR/tests/fault/ctr-image ]] || skip "tests/fault has not been built"
	lives "head -c 100000 /dev/urandom >/f; touch /ready; $IDLE"
	mkdir libexec
	ln -s "$CTR_BUILDDIR/tests/fault/ctr-image" libexec/
	for left in prune "commit $ID app:1"; do
		CTR_LIBEXEC=$DIR/libexec CTR_KILL_STEP='last pass' run ctr commit "$ID" app:1
		[[ $status -ne 0 ]]
		equal "$(copies)" 1
		# the guard's doing
		eventually thawed
		# shellcheck disable=SC2086
		run -0 ctr $left
		equal "$(copies)" 0
	done
}

# config NAME: the config of an image.
config() {
	local digest
	digest=$(jq -r --arg name "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $name) | .digest' \
		"$DATA/store/index.json")
	digest=$(jq -r .config.digest "$DATA/store/blobs/sha256/${digest#sha256:}")
	cat "$DATA/store/blobs/sha256/${digest#sha256:}"
}

@test "--change, --author, --quiet and --iidfile as podman has them" {
	spec '.process.env += ["A=1"]' sh -c 'echo x >/x'
	ctr run --name "$ID" spec.json
	run -0 ctr commit -q --iidfile id -a me -m why -c 'ENTRYPOINT ["cat"]' --change CMD='["/x"]' -c 'ENV A=2 B=3' \
		-c EXPOSE=80/tcp -c 'LABEL k="v w"' -c 'STOPSIGNAL SIGINT' -c 'USER 0:0' -c 'VOLUME /v' -c 'WORKDIR /etc' "$ID" app:1
	matches "$output" '^sha256:[0-9a-f]{64}$'
	equal "$(<id)" "$output"
	equal "$(config app:1 | jq -c '[.author, .config.Entrypoint, .config.Cmd, (.config.Env | sort), .config.ExposedPorts, .config.Labels,
		.config.StopSignal, .config.User, .config.Volumes, .config.WorkingDir, .history[-1].comment]')" \
		'["me",["cat"],["/x"],["A=2","B=3","PATH=/bin"],{"80/tcp":{}},{"k":"v w"},"SIGINT","0:0",{"/v":{}},"/etc","why"]'
	run -0 ctr run --rm --name "$ID-2" app:1
	equal "$output" x
	ctr commit -c 'ENTRYPOINT ["cat"]' "$ID" app:2
	equal "$(config app:2 | jq -c .config.Cmd)" null
	run ctr commit -c 'FROM x' "$ID" app:3
	[[ $status -eq 125 ]]
	contains "$output" FROM
	run ctr commit --iidfile /nowhere/id "$ID" app:3
	[[ $status -eq 125 ]]
	equal "$(names)" 'app:1 app:2'
}

@test "a container that ends while it is copied is committed as it ended" {
	lives "mkdir /d; i=0; while [ \$i -lt 300 ]; do head -c 100000 /dev/urandom >/d/\$i; i=\$((i+1)); done; touch /ready; $IDLE"
	CTR_TRACE=1 ctr commit "$ID" app:1 >/dev/null 2>trace &
	local committer=$!
	eventually grep -q image trace
	ctr kill "$ID" KILL
	wait "$committer"
	run -0 ctr run --rm --name "$ID-2" app:1 sh -c 'ls /d | wc -l'
	equal "$output" 300
}
