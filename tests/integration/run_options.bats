#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The options of `run` that change what an image or a spec says, looked at from inside.

load helpers
load image_helpers

# A script that tells by its exit status which signal ended it.
WAIT='trap "exit 5" USR1; trap "exit 6" TERM; echo up; while :; do sleep 0.02; done'

# passwd_image CONFIG: box:1 with users, and a second layer that changes /etc/group alone.
passwd_image() {
	mkdir -p root/etc
	cp -a "$ROOTFS/." root/
	printf 'root:x:0:0::/root:/bin/sh\nann:x:1000:1001::/home/ann:/bin/sh\n' >root/etc/passwd
	printf 'root:x:0:\nann:x:1001:\naudio:x:29:ann\n' >root/etc/group
	tar cf layer.tar -C root .
	image box:1 layer.tar "$1"
}

# refused WORDS TEXT...: `run WORDS box:1 true` fails before anything is made, saying TEXT.
refused() {
	local words=$1
	shift
	# shellcheck disable=SC2086 # words
	run -125 ctr run --name "$ID" $words box:1 true
	contains "$output" "$@"
	nothing_created
}

@test "-e sets variables over those of the image, NAME alone takes the caller's" {
	rootfs_image '{"Env": ["A=image", "B=image"]}'
	printf '# comment\n\nC=file\nD=two words\nFROM_HERE\n' >vars
	FROM_HERE=here run -0 ctr run --rm -e A=option -e FROM_HERE -e NOT_HERE --env-file vars -e 'D=x=y' box:1 env
	contains "$output" A=option B=image C=file D=x=y FROM_HERE=here PATH=/usr/local/sbin
	lacks "$output" NOT_HERE
	refused '-e =x' "option '--env': NAME=VALUE expected"
	refused '--env-file nowhere' --env-file nowhere
}

@test "-w, --hostname and -u say where, by what name and as whom it starts" {
	passwd_image '{"WorkingDir": "/etc", "User": "ann"}'
	run -0 ctr run --rm box:1 sh -c 'pwd; id'
	contains "$output" /etc 'uid=1000(ann) gid=1001(ann)' '29(audio)'
	run -0 ctr run --rm -w /tmp/new -u 0:29 --hostname box.example box:1 sh -c 'pwd; id; hostname'
	contains "$output" /tmp/new 'uid=0(root) gid=29(audio)' box.example
	run -0 ctr run --rm --name "$ID" box:1 hostname
	equal "$output" "$ID"
	refused '-u nobody-knows' "option '--user'" nobody-knows
	refused '-w relative' "option '--workdir': an absolute path"
}

@test "the image's users are found where passwd and group are in different layers" {
	passwd_image '{}'
	ctr run --name "$ID" box:1 sh -c 'echo video:x:44:ann >>/etc/group'
	ctr commit "$ID" box:2
	run -0 ctr run --rm -u ann box:2 id
	contains "$output" 'uid=1000(ann)' '44(video)'
}

@test "--entrypoint takes the place of the image's, and its command goes with it" {
	rootfs_image '{"Entrypoint": ["echo", "image"], "Cmd": ["echo", "cmd"]}'
	run -0 ctr run --rm --entrypoint 'printf' box:1 '%s\n' mine
	equal "$output" mine
	run -0 ctr run --rm --entrypoint '["echo", "a b"]' box:1
	equal "$output" 'a b'
	run -0 ctr run --rm --entrypoint '' box:1
	equal "$output" cmd
	run -0 ctr run --rm --entrypoint '' box:1 echo none
	equal "$output" none
	refused '--entrypoint [1]' "option '--entrypoint': strings expected"
}

@test "-v shows a folder of the host, read-only with ro, whatever is mounted below it" {
	rootfs_image '{}'
	mkdir -p shared/below
	host_mount -t tmpfs tmpfs shared/below
	echo host >shared/file
	run -0 ctr run --rm -v "$DIR/shared:/vol" box:1 sh -c 'cat /vol/file; echo changed >/vol/file; echo x >/vol/below/x'
	equal "$(<shared/file)" changed
	[[ -e shared/below/x ]]
	run -0 ctr run --rm -v ./shared:/vol:ro box:1 sh -c 'touch /vol/no; touch /vol/below/no; cat /proc/self/mountinfo'
	[[ ! -e shared/no && ! -e shared/below/no ]]
	umount shared/below
	unset 'HOST_MOUNTS[-1]'
	contains "$(mount_options /vol)" ,ro, ,nosuid, ,nodev,
	refused "-v $DIR/nowhere:/vol" nowhere 'No such file or directory'
	refused '-v data:/vol' 'volumes have no names here'
	refused "-v $DIR:/vol:rubbish" "unknown option 'rubbish'"
	refused "-v $DIR:relative" 'absolute path'
	refused "-v $DIR:/../vol" 'not a place'
	refused "-v $DIR:/vol -v $DIR:/vol" 'two mounts at this place'
}

@test "--mount says the same in words" {
	rootfs_image '{}'
	mkdir shared
	run -0 ctr run --rm --mount "type=bind,src=$DIR/shared,dst=/a,readonly" \
		--mount type=tmpfs,target=/b,tmpfs-size=1m,tmpfs-mode=700 \
		--mount "type=bind,source=$DIR/shared,destination=/c,bind-propagation=rslave,ro=false" \
		box:1 sh -c 'touch /c/made; stat -c %a /b; df -k /b; cat /proc/self/mountinfo'
	[[ -e shared/made ]]
	contains "$output" 700 ' 1024 '
	contains "$(mount_options /a)" ,ro,
	refused '--mount type=bind,dst=/x' 'needs a source'
	refused '--mount type=squashfs,dst=/x' 'bind, volume or tmpfs'
	refused '--mount type=tmpfs,dst=/x,bogus=1' "unknown word 'bogus'"
	refused '--mount type=tmpfs' 'absolute path'
}

@test "a volume without a source begins with what the image has there, and goes with the container" {
	mkdir -p root/data/deep
	cp -a "$ROOTFS/." root/
	echo seed >root/data/deep/seed
	chmod 2751 root/data
	tar cf layer.tar -C root .
	image box:1 layer.tar '{"Volumes": {"/data": {}}}'
	ctr run --name "$ID" box:1 sh -c 'cat /data/deep/seed; stat -c %a /data; echo own >/data/own; echo x >/x' >out
	equal "$(<out)" $'seed\n2751'
	run -0 ctr diff "$ID"
	equal "$output" 'A /x'
	ctr commit "$ID" box:2
	run -0 ctr run --rm box:2 sh -c 'ls /data'
	equal "$output" deep
	equal "$(cat "$DATA/containers/$ID"/volumes/*/own)" own
	mkdir mine
	run -0 ctr run --rm -v "$DIR/mine:/data" box:1 ls /data
	equal "$output" ''
}

@test "an image with thousands of variables or volumes is no burden" {
	tar cf layer.tar -C "$ROOTFS" .
	image many:1 layer.tar "$(jq -nc '{Env: [range(16000) | "A\(.)=\(.)"]}')"
	ctr unpack many:1
	output=$(ulimit -v 400000 && ctr run --rm --name "$ID" many:1 sh -c 'echo $A15999')
	equal "$output" 15999
	image more:1 layer.tar "$(jq -nc '{Env: [range(20000) | "A\(.)="]}')"
	run -125 ctr run --name "$ID" more:1 true
	contains "$output" "more than 16384 variables"
	nothing_created
	image volumes:1 layer.tar "$(jq -nc '{Volumes: ([range(257) | {key: "/v\(.)", value: {}}] | from_entries)}')"
	run -125 ctr run --name "$ID" volumes:1 true
	contains "$output" "more than 256 volumes"
	nothing_created
}

@test "--tmpfs and --shm-size" {
	rootfs_image '{}'
	run -0 ctr run --rm --tmpfs /t:size=2m,mode=1777 --shm-size 3m box:1 sh -c 'df -k /t /dev/shm; stat -c %a /t'
	contains "$output" ' 2048 ' ' 3072 ' 1777
}

@test "--read-only leaves nothing writable but the places for temporary files" {
	rootfs_image '{}'
	run -0 ctr run --rm --read-only box:1 sh -c 'touch /x /etc/x; for d in /tmp /var/tmp /run; do touch $d/x && echo $d; done'
	contains "$output" 'Read-only file system' /tmp /var/tmp /run
	run -1 ctr run --rm --read-only --read-only-tmpfs=false box:1 touch /tmp/x
	contains "$output" 'Read-only file system'
}

@test "capabilities are added and dropped, and an ordinary user keeps what was added" {
	passwd_image '{}'
	run -0 ctr run --rm --cap-drop ALL --cap-add net_raw --cap-add CAP_CHOWN box:1 grep Cap /proc/self/status
	contains "$output" $'CapEff:\t0000000000002001' $'CapBnd:\t0000000000002001' $'CapInh:\t0000000000000000'
	run -0 ctr run --rm --cap-drop chown box:1 sh -c 'chown 1 /tmp || echo refused'
	contains "$output" refused
	run -0 ctr run --rm -u ann --cap-add net_raw box:1 grep Cap /proc/self/status
	contains "$output" $'CapEff:\t0000000000002000' $'CapAmb:\t0000000000002000'
	run -0 ctr run --rm -u ann box:1 grep CapEff /proc/self/status
	equal "$output" $'CapEff:\t0000000000000000'
	refused '--cap-add no_such' "unknown capability 'no_such'"
}

@test "--security-opt, --ulimit, --sysctl and --device" {
	rootfs_image '{}'
	run -0 ctr run --rm --security-opt no-new-privileges --ulimit nofile=77:99 --sysctl net.ipv4.ip_default_ttl=9 \
		--device /dev/null:/dev/nothing:rw box:1 \
		sh -c 'grep NoNewPrivs /proc/self/status; ulimit -n; ulimit -Hn; cat /proc/sys/net/ipv4/ip_default_ttl; echo x >/dev/nothing && stat -c %t:%T /dev/nothing'
	equal "$output" $'NoNewPrivs:\t1\n77\n99\n9\n1:3'
	refused '--security-opt bogus' "option '--security-opt'"
	refused '--ulimit nofile' "option '--ulimit'"
	refused '--ulimit bogus=1' RLIMIT_BOGUS
	refused '--device /etc/hosts' 'not a device'
}

@test "--network host is the host's, none has loopback alone" {
	rootfs_image '{}'
	run -0 ctr run --rm --network host box:1 readlink /proc/self/ns/net
	equal "$output" "$(readlink /proc/self/ns/net)"
	run -0 ctr run --rm --network none box:1 sh -c 'cat /proc/net/dev | grep -c :'
	equal "$output" 1
	refused '--network bogus' "there is no network 'bogus'"
}

@test "-t gives a terminal, and its type" {
	rootfs_image '{"Env": ["PATH=/bin"]}'
	run -0 ctr run --rm -it box:1 sh -c 'tty; echo $TERM'
	contains "$output" /dev/pts/0 xterm
}

@test "labels show in inspect, the stop signal is what stop sends" {
	rootfs_image '{"StopSignal": "SIGUSR1"}'
	ctr run -d --name "$ID" -l tier=web --label bare box:1 \
		sh -c "$WAIT" >/dev/null
	eventually file_has "$DATA/containers/$ID/log" up
	run -0 ctr inspect "$ID"
	equal "$(jq -c '.[0].annotations' <<<"$output")" '{"tier":"web","bare":""}'
	ctr stop "$ID"
	run -0 ctr wait "$ID"
	equal "$output" 5
	ctr rm "$ID"
	ctr run -d --name "$ID" --stop-signal TERM box:1 \
		sh -c "$WAIT" >/dev/null
	eventually file_has "$DATA/containers/$ID/log" up
	ctr stop "$ID"
	run -0 ctr wait "$ID"
	equal "$output" 6
	ctr rm "$ID"
	refused '--stop-signal BOGUS' "option '--stop-signal'"
}

@test "limits become those of the cgroup" {
	require_controller memory pids cpu
	local group
	rootfs_image '{}'
	ctr run -d --name "$ID" --memory 64m --pids-limit 50 --cpus 1.5 --cpu-shares 512 box:1 sh -c "$IDLE" >/dev/null
	group=$(cgroup_of "$(pid_of "$ID")")
	equal "$(cat "$group"/{memory.max,pids.max,cpu.max})" $'67108864\n50\n150000 100000'
	refused '--cpus 0' "option '--cpus'"
	refused '--cpus 1 --cpu-quota 5' "option '--cpus'"
}

@test "the options change a spec as they change an image, and no bundle" {
	spec . sh -c 'echo spec'
	run -0 ctr run --rm -e A=1 -w /tmp --entrypoint sh spec.json -c 'echo $A; pwd'
	equal "$output" $'1\n/tmp'
	bundle b . true
	run -1 ctr run -e A=1 --bundle b "$ID"
	contains "$output" 'options that change it are for a SPEC or an IMAGE'
	nothing_created
}

@test "exec and a second look find what the options said" {
	rootfs_image '{}'
	ctr run -d --name "$ID" -e A=1 -u 7:8 -w /tmp box:1 sh -c "$IDLE" >/dev/null
	run -0 ctr exec "$ID" sh -c 'echo $A; id -u; pwd'
	equal "$output" $'1\n7\n/tmp'
}

@test "--init reaps orphans, hands signals on and ends as the command does" {
	rootfs_image '{}'
	run -0 ctr run --rm --init --tmpfs /run --read-only box:1 sh -c 'cat /proc/1/comm; echo $$; (sleep 0.01 & exec true) ; exit 0'
	equal "$output" $'ctr-init\n2'
	run -7 ctr run --rm --init box:1 sh -c 'exit 7'
	run -137 ctr run --rm --init box:1 sh -c 'kill -KILL $$'
	run -127 ctr run --rm --init box:1 no-such-program
	contains "$output" 'no-such-program: No such file or directory'
	ctr run -d --name "$ID" --init box:1 sh -c "$WAIT" >/dev/null
	eventually file_has "$DATA/containers/$ID/log" up
	ctr kill "$ID" USR1
	run -0 ctr wait "$ID"
	equal "$output" 5
	run -0 ctr diff "$ID"
	equal "$output" ''
}

@test "--init leaves no zombie of a process that lost its parent" {
	rootfs_image '{}'
	ctr run -d --name "$ID" --init box:1 sh -c '(sleep 0.01 & echo $! >/orphan); echo up; while :; do read -r x; done </dev/zero' >/dev/null
	eventually file_has "$DATA/containers/$ID/log" up
	no_zombie() {
		ctr exec "$ID" sh -c '! grep -l "State:.*Z" /proc/[0-9]*/status'
	}
	eventually no_zombie
}

# runs FILE: how often the container has begun, as it wrote itself.
has_begun() {
	(($(wc -l <"$DATA/containers/$ID/upper/begun") >= $1))
}

@test "--restart on-failure:N starts it again N times, until it succeeds" {
	rootfs_image '{}'
	ctr run -d --name "$ID" --restart on-failure:2 box:1 sh -c 'echo x >>/begun; exit 3' >/dev/null
	eventually has_begun 3
	not_counting() {
		equal "$(jq .count "$DATA/containers/$ID/restart.json")" 2 && has_status "$ID" stopped
	}
	eventually not_counting
	run -0 ctr wait "$ID"
	equal "$output" 3
	equal "$(wc -l <"$DATA/containers/$ID/upper/begun")" 3
	ctr rm "$ID"
	ctr run -d --name "$ID" --restart on-failure box:1 sh -c 'echo x >>/begun; [ $(wc -l </begun) -ge 2 ]' >/dev/null
	eventually has_begun 2
	run -0 ctr wait "$ID"
	equal "$output" 0
	equal "$(wc -l <"$DATA/containers/$ID/upper/begun")" 2
}

@test "--restart always goes on until stop, and start begins anew" {
	rootfs_image '{}'
	ctr run -d --name "$ID" --restart always box:1 sh -c 'echo x >>/begun; [ $(wc -l </begun) -ge 3 ] || exit 0; '"$WAIT" >/dev/null
	eventually has_begun 3
	eventually has_status "$ID" running
	eventually file_has "$DATA/containers/$ID/log" up
	ctr stop "$ID"
	equal "$(status_of "$ID")" stopped
	equal "$(jq .stopped "$DATA/containers/$ID/restart.json")" true
	ctr start "$ID" >/dev/null
	eventually has_begun 4
	equal "$(status_of "$ID")" running
	ctr kill "$ID" KILL
	eventually has_begun 5
	ctr rm -f "$ID"
	nothing_created
}

@test "stop and rm end the wait for a restart" {
	rootfs_image '{}'
	local name cleaner
	for name in stop 'rm -f'; do
		ctr run -d --name "$ID" --restart always box:1 sh -c 'echo x >>/begun' >/dev/null
		eventually has_begun 4
		eventually has_status "$ID" stopped
		# shellcheck disable=SC2086
		ctr $name "$ID"
		cleaner="cleanup --remove=false $ID"
		no_cleaner() {
			! pgrep -f "$cleaner" >/dev/null
		}
		eventually no_cleaner
		[[ $name != stop ]] || ctr rm "$ID"
		nothing_created
	done
}

@test "--restart is refused where nobody could do it" {
	rootfs_image '{}'
	refused '--restart always' "option '--restart': only with --detach"
	refused '-d --rm --restart always' "option '--restart': not with --rm"
	refused '-d --restart sometimes' "option '--restart': unknown policy 'sometimes'"
	run -0 ctr run --rm --restart no box:1 true
}

@test "an image runs under a seccomp profile, which capabilities widen and seccomp=unconfined takes away" {
	rootfs_image '{}'
	run -0 ctr run --rm box:1 sh -c 'grep Seccomp: /proc/self/status; unshare -U true || echo no; unshare -m true || echo no'
	contains "$output" $'Seccomp:\t2' $'no\n'
	run -0 ctr run --rm --cap-add sys_admin box:1 sh -c 'grep Seccomp: /proc/self/status; unshare -m mount -t tmpfs tmpfs /tmp && echo mounted'
	contains "$output" $'Seccomp:\t2' mounted
	run -0 ctr run --rm --security-opt seccomp=unconfined box:1 grep Seccomp: /proc/self/status
	equal "$output" $'Seccomp:\t0'
}

@test "an image committed from a container of an image keeps its entry point, its user's name and no init" {
	passwd_image '{"Entrypoint": ["echo", "entry"], "Cmd": ["first"], "User": "ann"}'
	ctr run --name "$ID" --init box:1 second
	ctr commit "$ID" box:2
	run -0 ctr inspect "$ID"
	lacks "$output" ctr-init
	run -0 skopeo inspect --config "oci:$DATA/store:box:2"
	equal "$(jq -c '.config | [.Entrypoint, .Cmd, .User]' <<<"$output")" '[["echo","entry"],["second"],"ann"]'
	run -0 ctr run --rm box:2 third
	equal "$output" 'entry third'
	ctr rm "$ID"
	ctr run --name "$ID" --entrypoint pwd -u 0 -w /etc box:1
	ctr commit "$ID" box:3
	run -0 skopeo inspect --config "oci:$DATA/store:box:3"
	equal "$(jq -c '.config | [.Entrypoint, .Cmd, .User, .WorkingDir]' <<<"$output")" '[null,["pwd"],"0","/etc"]'
}
