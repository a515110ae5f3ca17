# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# Tests of podman with ctr as its runtime, for the root user and for an ordinary one; sourced by
# podman and podman-rootless, which say who is asking: rootless is true or false. bb:1 is an image
# with busybox.
# shellcheck disable=SC2016 # the container's shell expands
: "${rootless:?}"
work=$(mktemp -d /tmp/engines.XXXXXX)
run="podman run --rm --network none"
pty=${here:?}/pty
status_of="podman inspect --format {{.State.Status}}"

# podman 4's pods have a device program with cgroupfs that denies everything, whatever the runtime.
has_pods() { podman --version | grep -q 'version [5-9]'; }

# cgroup_of CONTAINER: the folder of its cgroup
cgroup_of() {
	pid=$(podman inspect --format '{{.State.Pid}}' "$1")
	printf '/sys/fs/cgroup%s' "$(sed -n 's/^0:://p' "/proc/$pid/cgroup")"
}

# has_limits: whether cgroups have the controllers here
has_limits() { in_guest; }

# detached NAME OPTION...: a container of that name that sleeps until it is told to end
detached() {
	name=$1
	shift
	podman run -d --name "$name" --network none "$@" bb:1 \
		sh -c 'trap "exit 9" TERM; echo "$0" up; while :; do sleep 0.1; done' "$name" >/dev/null
}

# in_one COMMAND...: what a command in the container "one" prints
in_one() { podman exec one "$@" 2>&1; }

# shellcheck disable=SC2086 # $run is words
test_run() {
	is 0 'from podman' 'podman run' $run bb:1 echo from podman
	is 0 '"OCIRuntime": "ctr"' 'it is ctr that ran it' sh -c \
		'podman create --name which bb:1 true >/dev/null; podman inspect which; podman rm which'
	is 3 '' 'the exit status is passed on' $run bb:1 sh -c 'exit 3'
	is 143 '' 'of a process that a signal ended too' $run bb:1 sh -c 'kill $$; kill -TERM 1; exit 143'
	is 125 'unknown flag' 'a mistake in the command is 125' podman run --no-such-flag bb:1
	is 127 'executable file not found' 'a command that is not there' $run bb:1 nosuch
	is 126 'ermission denied' 'a command that cannot be executed' $run bb:1 /etc/passwd
	is 0 /tmp 'the working directory' $run -w /tmp bb:1 pwd
	is 127 'not found' 'a script whose interpreter is missing' $run -v "$work:/w" bb:1 sh -c \
		'echo "#!/no/such" >/w/script; chmod 755 /w/script; exec /w/script'
	is 0 'a=b' 'the environment' $run -e a=b bb:1 env
	is 0 h1 'a hostname' $run --hostname h1 bb:1 cat /proc/sys/kernel/hostname
	is 0 '192.0.2.1	there' 'a line in /etc/hosts' $run --add-host there:192.0.2.1 bb:1 cat /etc/hosts
	is 0 0077 'a umask' $run --umask 0077 bb:1 sh -c umask
	is 0 init 'with an init' $run --init bb:1 echo init
	is 0 '/run/podman-init' 'which is the first process' $run --init bb:1 cat /proc/1/cmdline
	is 0 i686 'a personality' $run --personality LINUX32 bb:1 uname -m
	is 0 /dev/pts 'a terminal' $run -t bb:1 ls -l /proc/self/fd/0
	is 0 'containerenv podman' 'what marks a container' $run bb:1 sh -c \
		'echo $(basename /run/.containerenv) $container'
	is 255 '' 'a limit of time' $run --timeout 1 bb:1 sleep 100
	mkdir -p "$work/rootfs"
	image | tar -C "$work/rootfs" -x
	is 0 'from a folder' 'a root file system without an image' \
		podman run --rm --network none --rootfs "$work/rootfs" echo from a folder
	echo inherited >"$work/fd3"
	sees 'a descriptor is handed down' inherited \
		"$($run --preserve-fds 1 bb:1 cat /proc/self/fd/3 3<"$work/fd3" 2>&1)"
	sees 'standard input' 'to the container' \
		"$(echo to the container | podman run --rm -i --network none bb:1 cat 2>&1)"
	is 0 'level=debug' 'debugging through podman' podman --log-level=debug run --rm \
		--network none bb:1 true
}

# shellcheck disable=SC2086 # $run is words
test_security() {
	is 0 0000000000001000 'only one capability' \
		$run --cap-drop all --cap-add NET_ADMIN bb:1 grep CapEff /proc/self/status
	is 0 00000000800405fb 'the usual capabilities' $run bb:1 grep CapEff /proc/self/status
	is 0 0000000000000000 'none for another user' $run --user 1000 bb:1 grep CapEff /proc/self/status
	is 0 'uid=1000' 'another user' $run --user 1000:1000 bb:1 id
	is 0 'groups=7,1000' 'more groups' $run --user 1000:1000 --group-add 7 bb:1 sh -c \
		'echo groups=$(grep Groups: /proc/self/status | cut -f 2 | tr -s " " ,)'
	is 0 'NoNewPrivs:	1' 'no new privileges' \
		$run --security-opt no-new-privileges bb:1 grep NoNewPrivs /proc/self/status
	is 0 'Seccomp:	2' 'the usual seccomp profile' $run bb:1 grep Seccomp: /proc/self/status
	is 0 'Seccomp:	0' 'no seccomp profile' \
		$run --security-opt seccomp=unconfined bb:1 grep Seccomp: /proc/self/status
	cat >"$work/seccomp.json" <<-'END'
		{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		  { "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95 } ] }
	END
	is 1 'not supported' 'a seccomp profile of ours' \
		$run --security-opt seccomp="$work/seccomp.json" bb:1 mkdir /tmp/x
	is 1 'Read-only file system' 'a read-only root' $run --read-only bb:1 sh -c 'echo >/x'
	is 0 wrote 'with a writable /tmp' $run --read-only bb:1 sh -c 'echo >/tmp/x && echo wrote'
	is 0 'size 0' 'a masked file' $run --security-opt mask=/etc/passwd bb:1 sh -c \
		'echo size $(wc -c </etc/passwd)'
	is 1 'Read-only file system' '/proc/sys is read-only' \
		$run bb:1 sh -c 'echo 1 >/proc/sys/kernel/hostname'
	is 0 ' rw,' 'all paths unmasked' $run --security-opt unmask=ALL bb:1 sh -c \
		'grep " /proc/sys " /proc/mounts || grep " /proc " /proc/mounts'
	is 0 null privileged $run --privileged bb:1 ls /dev
	is 0 '123 456' 'a resource limit' $run --ulimit nproc=100:100 --ulimit nofile=123:456 bb:1 sh -c \
		'echo $(ulimit -Sn) $(ulimit -Hn)'
	is 0 300 'the score of the OOM killer' $run --oom-score-adj 300 bb:1 cat /proc/self/oom_score_adj
	is 0 8000 'a sysctl' $run --sysctl kernel.msgmax=8000 bb:1 cat /proc/sys/kernel/msgmax
}

# shellcheck disable=SC2086 # $run is words
test_mounts() {
	mkdir -p "$work/dir"
	echo from outside >"$work/dir/file"
	chmod 755 "$work" "$work/dir"
	is 0 'from outside' 'a volume' $run -v "$work/dir:/d" bb:1 cat /d/file
	is 1 'Read-only file system' 'a read-only volume' $run -v "$work/dir:/d:ro" bb:1 touch /d/x
	is 1 'ermission denied' 'a volume without programs' $run -v "$work/dir:/d:noexec" bb:1 sh -c \
		'cp /bin/busybox /d/true; /d/true || exit 1'
	is 0 '1000 wrote' 'a volume given to the user' $run --user 1000 -v "$work/dir:/d:U" bb:1 sh -c \
		'touch /d/mine && echo $(stat -c %u /d/mine) wrote'
	is 0 'from outside' 'a volume as an overlay' $run -v "$work/dir:/d:O" bb:1 sh -c \
		'echo >/d/more; cat /d/file'
	sees 'which leaves the folder alone' 'not there' "$([ -e "$work/dir/more" ] || echo not there)"
	is 0 'from outside' 'a single file' $run -v "$work/dir/file:/f" bb:1 cat /f
	is 0 'size=1024k,mode=700' 'a tmpfs' \
		$run --tmpfs /scratch:size=1m,mode=700 bb:1 grep scratch /proc/mounts
	is 0 'size=2048k' 'the size of /dev/shm' $run --shm-size 2m bb:1 grep /dev/shm /proc/mounts
	is 0 shared: 'propagation' $run --mount type=bind,src="$work/dir",dst=/d,bind-propagation=rshared \
		bb:1 sh -c 'grep " /d " /proc/self/mountinfo'
	is 0 first 'a named volume' $run -v named:/data bb:1 sh -c 'echo first >/data/x; cat /data/x'
	is 0 first 'which keeps what is in it' $run -v named:/data bb:1 cat /data/x
	is 0 root 'and begins with what the image has' $run -v begun:/etc bb:1 cat /etc/passwd
	podman volume rm named begun >/dev/null
	podman secret create secret "$work/dir/file" >/dev/null
	is 0 'from outside' 'a secret' $run --secret secret bb:1 cat /run/secrets/secret
	is 0 'X=from outside' 'a secret in the environment' \
		$run --secret secret,type=env,target=X bb:1 env
	podman secret rm secret >/dev/null
	if [ -e /dev/fuse ]; then
		is 0 '10, 229' 'a device' $run --device /dev/fuse bb:1 ls -l /dev/fuse
	else
		skip 'a device' 'there is no /dev/fuse'
	fi
	is 0 'zeros 4' 'a device by another name' $run --device /dev/zero:/dev/nought bb:1 sh -c \
		'echo zeros $(head -c 4 /dev/nought | wc -c)'
}

# same_namespace NAME TYPE EXPECTED OPTION...: a container that is run with the options has
# EXPECTED as its namespace
same_namespace() {
	name=$1 type=$2 expected=$3
	shift 3
	is 0 "$expected" "$name" podman run --rm "$@" bb:1 readlink "/proc/self/ns/$type"
}

# shellcheck disable=SC2086 # $run is words
test_namespaces() {
	none='--network none'
	same_namespace 'the pid namespace of the host' pid "$(readlink /proc/self/ns/pid)" $none --pid host
	same_namespace 'the ipc namespace of the host' ipc "$(readlink /proc/self/ns/ipc)" $none --ipc host
	same_namespace 'the uts namespace of the host' uts "$(readlink /proc/self/ns/uts)" $none --uts host
	same_namespace 'the network of the host' net "$(readlink /proc/self/ns/net)" --network host
	same_namespace 'the cgroup namespace of the host' cgroup "$(readlink /proc/self/ns/cgroup)" \
		$none --cgroupns host
	is 0 '0::/' 'a cgroup namespace of its own' $run --cgroupns private bb:1 \
		grep -x 0::/ /proc/self/cgroup
	detached one --ipc shareable
	for type in pid ipc; do
		same_namespace "the $type namespace of another container" $type \
			"$(in_one readlink "/proc/self/ns/$type")" $none --$type container:one
	done
	same_namespace 'the network of another container' net "$(in_one readlink /proc/self/ns/net)" \
		--network container:one
	is 0 'sleep 0.1' 'whose processes are seen' $run --pid container:one bb:1 ps
	podman rm -f -t 0 one >/dev/null
	is 0 'lo' 'no network' $run bb:1 sh -c 'echo $(ls /sys/class/net)'
}

# What happens to a container that is there.
# shellcheck disable=SC2086 # $status_of is words
test_life() {
	is 0 '' 'podman run -d' podman run -d --name one --network none --init bb:1 sh -c \
		'trap "exit 9" TERM; trap "echo usr1" USR1; echo up; while :; do sleep 0.1; done'
	is 0 Up 'podman ps' podman ps
	is 0 up 'podman logs' podman logs one
	is 0 uid=0 'podman exec' podman exec one id
	is 4 '' 'the exit status of exec' podman exec one sh -c 'exit 4'
	is 127 'executable file not found' 'exec of what is not there' podman exec one nosuch
	is 126 'ermission denied' 'exec of what cannot be executed' podman exec one /etc/passwd
	is 0 /dev/pts 'exec with a terminal' podman exec -t one ls -l /proc/self/fd/0
	is 0 '1000 /tmp a=b' 'exec as another user, elsewhere' podman exec --user 1000 -w /tmp -e a=b one \
		sh -c 'echo $(id -u) $(pwd) a=$a'
	is 0 'CapEff:	00000000800405fb' 'the capabilities of exec' podman exec one grep CapEff /proc/self/status
	podman exec -d one sh -c 'echo detached >/tmp/detached'
	until_true podman exec one test -s /tmp/detached
	sees 'exec -d' detached "$(in_one cat /tmp/detached)"
	sees 'exec -i' 'through exec' "$(echo through exec | podman exec -i one cat 2>&1)"
	is 0 usr1 'kill -s USR1' sh -c 'podman kill -s USR1 one >/dev/null
		until podman logs one | grep usr1; do sleep 0.1; done'
	# it fails when a process ends while it looks
	is 0 'sleep' 'podman top' until_output sleep podman top one pid comm
	is 0 'sleep 0.1' 'podman top with the options of ps' podman top one -o pid,args

	is 0 one 'podman pause' podman pause one
	sees 'it is frozen' 'frozen 1' "$(cat "$(cgroup_of one)/cgroup.events")"
	is 0 paused 'podman says so' $status_of one
	is 255 'only create exec sessions on running' 'no exec in it then' podman exec one true
	is 0 one 'podman unpause' podman unpause one
	sees 'it goes on' 'frozen 0' "$(cat "$(cgroup_of one)/cgroup.events")"

	echo copied >"$work/copy"
	is 0 copied 'cp into it' sh -c "podman cp $work/copy one:/tmp/copy && podman exec one cat /tmp/copy"
	is 0 copied 'cp out of it' sh -c "podman cp one:/tmp/copy $work/back && cat $work/back"
	is 0 'A /tmp/detached' 'podman diff' podman diff one
	is 0 tmp/detached 'podman export' sh -c 'podman export one | tar -t'
	is 0 '' 'podman commit' podman commit -q one bb:2
	is 0 detached 'the image that it made' podman run --rm --network none bb:2 cat /tmp/detached
	is 0 '' 'podman rename' podman rename one other
	podman rename other one

	is 0 one 'podman stop' podman stop -t 20 one
	is 0 'exited 9' 'its exit status' podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' one
	is 0 9 'podman wait' podman wait one
	is 0 copied 'cp out of a stopped one' sh -c "podman cp one:/tmp/copy $work/again && cat $work/again"
	is 0 '' 'cp into a stopped one' podman cp "$work/copy" one:/tmp/stopped
	is 0 one 'podman start again' podman start one
	is 0 copied 'what was copied is there' podman exec one cat /tmp/stopped
	is 0 one 'podman restart' podman restart -t 0 one
	is 0 one 'podman kill' podman kill one
	is 0 137 'its exit status' podman wait one
	is 0 '' 'podman rm' podman rm one

	is 0 '' 'podman init' sh -c 'podman create --name two --network none bb:1 echo started >/dev/null
		podman init two >/dev/null'
	is 0 initialized 'it is made, and waits' $status_of two
	is 0 started 'podman start -a' podman start -a two
	podman rm two >/dev/null
	detached three --stop-signal KILL
	is 0 137 'a stop signal' sh -c 'podman stop three >/dev/null; podman wait three'
	podman rm three >/dev/null
	mkdir -p "$work/tries"
	podman run -d --name four --network none --restart on-failure:2 -v "$work/tries:/w" bb:1 \
		sh -c 'echo try >>/w/tries; exit 1' >/dev/null
	until_true sh -c "[ \$(wc -l <$work/tries/tries) = 3 ]"
	is 0 'exited 2' 'restarted when it fails' sh -c 'podman wait four >/dev/null
		podman inspect --format "{{.State.Status}} {{.RestartCount}}" four'
	podman rm -f four >/dev/null
}

# With somebody at the terminal.
# shellcheck disable=SC2086 # $status_of is words
test_terminal() {
	is 0 'rows 33' 'run -it: the window has its size' "$pty" size=33x77 expect=ready send='stty size\n' \
		expect='33 77' send='exit\n' -- podman run -it --rm --network none bb:1 sh -c \
		'echo ready; sh; echo rows 33'
	is 5 'typed' 'run -it: what is typed arrives' "$pty" expect=ready send='typed\n' -- \
		podman run -it --rm --network none bb:1 sh -c 'echo ready; read -r x; echo $x; exit 5'
	is 130 '' 'run -it: ^C' "$pty" expect=ready 'send=\x03' -- \
		podman run -it --rm --network none bb:1 sh -c 'trap "exit 130" INT; echo ready; sleep 100'
	detached one
	is 6 '44 66' 'exec -it: a window that changes' "$pty" size=22x55 expect=ready size=44x66 \
		send='go\n' -- podman exec -it one sh -c 'echo ready; read -r x
		until [ "$(stty size)" = "44 66" ]; do sleep 0.1; done; stty size; exit 6'
	podman rm -f -t 0 one >/dev/null
	podman run -dit --name two --network none bb:1 sh -c \
		'while read -r x; do echo got $x; done' >/dev/null
	is 0 'got this' 'attach, and detach' "$pty" send='this\n' expect='got this' 'send=\x18' -- \
		podman attach --detach-keys ctrl-x two
	is 0 running 'which leaves it running' $status_of two
	podman rm -f -t 0 two >/dev/null
}

# Limits, as the container's cgroup has them.
test_limits() {
	if ! has_limits; then
		skip 'limits' 'the cgroups of this machine have no controllers'
		return
	fi
	detached one --memory 64m --memory-swap 96m --memory-reservation 32m --cpus 0.5 --cpu-shares 512 \
		--cpuset-cpus 0 --pids-limit 50
	cgroup=$(cgroup_of one)
	sees '--memory' 67108864 "$(cat "$cgroup/memory.max")"
	sees '--memory-swap' 33554432 "$(cat "$cgroup/memory.swap.max")"
	sees '--memory-reservation' 33554432 "$(cat "$cgroup/memory.low")"
	sees '--cpus' '50000 100000' "$(cat "$cgroup/cpu.max")"
	sees '--cpu-shares' 59 "$(cat "$cgroup/cpu.weight")"
	sees '--cpuset-cpus' 0 "$(cat "$cgroup/cpuset.cpus")"
	sees '--pids-limit' 50 "$(cat "$cgroup/pids.max")"
	is 0 '67.11MB' 'podman stats' podman stats --no-stream one
	is 0 '' 'podman update' podman update --memory 80m --cpus 0.25 --pids-limit 40 one
	sees 'the new memory' 83886080 "$(cat "$cgroup/memory.max")"
	sees 'the new share of time' '25000 100000' "$(cat "$cgroup/cpu.max")"
	sees 'the new number of processes' 40 "$(cat "$cgroup/pids.max")"
	podman rm -f -t 0 one >/dev/null
	# The shell lives on for a moment, as conmon may miss a kill that the container ends by.
	is 0 'true 137' 'out of memory' sh -c 'podman run --name two --network none --memory 16m bb:1 \
		sh -c "head -c 200m /dev/zero | tail >/dev/null; sleep 5; exit 137"
		podman inspect --format "{{.State.OOMKilled}} {{.State.ExitCode}}" two'
	podman rm two >/dev/null
}

test_health() {
	detached one --health-cmd 'test -e /tmp/well' --health-interval disable --health-retries 1
	is 1 unhealthy 'a health check that fails' podman healthcheck run one
	in_one touch /tmp/well
	is 0 '' 'and one that does not' podman healthcheck run one
	is 0 healthy 'podman says so' podman inspect --format '{{.State.Health.Status}}' one
	podman rm -f -t 0 one >/dev/null
}

test_pods() {
	has_pods || { skip pods 'podman 4 denies them all devices' && return; }
	is 0 '' 'podman pod create' podman pod create --name pod --network none --hostname inpod
	for name in one two; do
		podman run -d --pod pod --name $name bb:1 sh -c \
			'trap "exit 9" TERM; while :; do sleep 0.1; done' >/dev/null
	done
	for type in net ipc uts; do
		sees "they share the $type namespace" "$(podman exec two readlink /proc/self/ns/$type)" \
			"$(in_one readlink /proc/self/ns/$type)"
	done
	is 0 inpod 'and the name' podman exec two cat /proc/sys/kernel/hostname
	is 0 Running 'podman pod ps' podman pod ps
	is 0 'catatonit' 'podman pod top' until_output catatonit podman pod top pod pid comm
	is 0 '' 'podman pod pause' podman pod pause pod
	sees 'both are frozen' 'frozen 1' "$(cat "$(cgroup_of two)/cgroup.events")"
	is 0 '' 'podman pod unpause' podman pod unpause pod
	is 0 '' 'podman pod stop' podman pod stop -t 20 pod
	is 0 'exited 9' 'both have ended' podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' two
	is 0 '' 'podman pod start' podman pod start pod
	is 0 '' 'podman pod rm' podman pod rm -f -t 0 pod
}

test_kube() {
	has_pods || { skip 'kube play' 'podman 4 denies pods all devices' && return; }
	cat >"$work/pod.yaml" <<-'END'
		apiVersion: v1
		kind: Pod
		metadata:
		  name: kube
		spec:
		  hostname: fromkube
		  terminationGracePeriodSeconds: 1
		  containers:
		  - name: first
		    image: localhost/bb:1
		    command: [sh, -c, "echo shared >/shared/file; sleep 1000"]
		    env: [{ name: WHO, value: first }]
		    securityContext:
		      capabilities: { drop: [ALL], add: [NET_BIND_SERVICE] }
		      readOnlyRootFilesystem: true
		    livenessProbe:
		      exec: { command: [test, -e, /shared/file] }
		    volumeMounts: [{ name: shared, mountPath: /shared }]
		  - name: second
		    image: localhost/bb:1
		    command: [sleep, "1000"]
		    securityContext: { runAsUser: 1000 }
		    volumeMounts: [{ name: shared, mountPath: /shared }]
		  volumes: [{ name: shared, emptyDir: {} }]
	END
	is 0 Containers: 'podman kube play' podman kube play --network none "$work/pod.yaml"
	until_true podman exec kube-second test -s /shared/file
	is 0 shared 'the containers share a volume' podman exec kube-second cat /shared/file
	is 0 fromkube 'and the name of the pod' podman exec kube-first cat /proc/sys/kernel/hostname
	is 0 first 'the environment' podman exec kube-first sh -c 'echo $WHO'
	is 0 0000000000000400 'the capabilities' podman exec kube-first grep CapEff /proc/1/status
	is 0 1000 'the user' podman exec kube-second id -u
	is 0 'readOnlyRootFilesystem: true' 'podman kube generate' podman kube generate kube
	is 0 '' 'podman kube down' podman kube down "$work/pod.yaml"
}

# test_nothing_left FOLDER: neither podman nor ctr, whose state is in FOLDER, know of a container
test_nothing_left() {
	is 0 '' 'podman rm --all' podman rm -af -t 0
	sees 'nothing is left' 'left: .' "left: $(podman ps -aq)$(ls "$1" 2>/dev/null)."
	rm -rf "$work"
}
