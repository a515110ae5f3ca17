/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor [-u] [-f FILTER] [-b DIR] [-d STATE] ROOTFS COMMAND...: starts COMMAND as the configuration
 * of `runc spec` has it, and does nothing but what must be asked of the kernel for that: no JSON,
 * no state, no library. What it takes is how far down a runtime can come, so it is a row of
 * tests/bench/run and not a sandbox: it checks nothing. Needs root and a cgroup2 tree at
 * /sys/fs/cgroup.
 *
 *	-u         in a user namespace too, whose ids begin at the host's 100000
 *	-f FILTER  behind a seccomp filter: a file of struct sock_filter
 *	-b DIR     with DIR bound, read-only, at /tmp/v0 to /tmp/v19
 *	-d STATE   leaves COMMAND running; STATE gets two lines, its process and its cgroup, for
 *	           floor_verbs.c
 */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_SPECIALS (MS_NOSUID | MS_NOEXEC | MS_NODEV)

static const char *const masked_files[] = { "proc/kcore", "proc/keys", "proc/latency_stats",
					    "proc/timer_list", "proc/sched_debug" };
static const char *const masked_folders[] = { "proc/acpi", "proc/asound", "proc/scsi",
					      "sys/firmware" };
static const char *const readonly_paths[] = { "proc/bus", "proc/fs", "proc/irq", "proc/sys",
					      "proc/sysrq-trigger" };
static const struct {
	const char *path;
	unsigned int major, minor;
} nodes[] = { { "dev/null", 1, 3 },   { "dev/zero", 1, 5 },    { "dev/full", 1, 7 },
	      { "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 } };
static const char *const links[][2] = { { "/proc/self/fd", "dev/fd" },
					{ "/proc/self/fd/0", "dev/stdin" },
					{ "/proc/self/fd/1", "dev/stdout" },
					{ "/proc/self/fd/2", "dev/stderr" },
					{ "pts/ptmx", "dev/ptmx" } };
#define BINDS 20
#define EACH(i, array) (size_t i = 0; i < sizeof(array) / sizeof((array)[0]); i++)

static struct {
	bool user_namespace;
	const char *filter, *bind, *state, *rootfs;
	char **command;
} options;
static int mapped[2] = { -1, -1 },
	   executed[2]; /* pipes: the id maps are written; exec was reached */

static long must(long result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
		_exit(111);
	}
	return result;
}

static void mount_kernel(const char *type, const char *path, unsigned long flags, const char *data)
{
	must(mount(type, path, type, flags, data), path);
}

/* mknod() is not for user namespaces: there the host's nodes are bound. */
static void make_node(size_t i)
{
	const char *path = nodes[i].path;
	char host[32];

	if (!options.user_namespace) {
		must(mknod(path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)), path);
		return;
	}
	close((int)must(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644), path));
	snprintf(host, sizeof(host), "/%s", path);
	must(mount(host, path, NULL, MS_BIND, NULL), path);
}

static void mount_dev(void)
{
	mount_kernel("tmpfs", "dev", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
	umask(0);
	for
		EACH(i, nodes)
	make_node(i);
	for
		EACH(i, links)
	must(symlink(links[i][0], links[i][1]), links[i][1]);
	umask(022);
	mkdir("dev/pts", 0755);
	mkdir("dev/shm", 0755);
	mkdir("dev/mqueue", 0755);
	mount_kernel("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC,
		     "newinstance,ptmxmode=0666,mode=0620,gid=5");
	mount_kernel("tmpfs", "dev/shm", NO_SPECIALS, "mode=1777,size=65536k");
	mount_kernel("mqueue", "dev/mqueue", NO_SPECIALS, NULL);
}

static void mask_paths(void)
{
	for
		EACH(i, masked_files)
	mount("dev/null", masked_files[i], NULL, MS_BIND, NULL);
	for
		EACH(i, masked_folders)
	mount("tmpfs", masked_folders[i], "tmpfs", MS_RDONLY, "size=0k");
	for
		EACH(i, readonly_paths)
		{
			if (mount(readonly_paths[i], readonly_paths[i], NULL, MS_BIND | MS_REC,
				  NULL) == 0)
				mount(NULL, readonly_paths[i], NULL,
				      MS_BIND | MS_REMOUNT | MS_RDONLY, NULL);
		}
}

static void mount_binds(void)
{
	char target[16];

	for (int i = 0; i < BINDS; i++) {
		snprintf(target, sizeof(target), "tmp/v%d", i);
		must(mount(options.bind, target, NULL, MS_BIND | MS_REC, NULL), target);
		must(mount(NULL, target, NULL,
			   MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL),
		     target);
	}
}

static void raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = (int)must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");

	must(ioctl(fd, SIOCSIFFLAGS, &request), "lo");
	close(fd);
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { 0 };
	unsigned int keep = 1U << CAP_AUDIT_WRITE | 1U << CAP_KILL | 1U << CAP_NET_BIND_SERVICE;

	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (cap > 31 || !(keep >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap);
	sets[0].effective = sets[0].permitted = keep;
	must(syscall(SYS_capset, &head, sets), "capset");
}

static void become_root(void)
{
	must(setgroups(0, NULL), "setgroups");
	must(setresgid(0, 0, 0), "setresgid");
	must(setresuid(0, 0, 0), "setresuid");
}

/* The user, groups and capabilities of the configuration. */
static void become_user(void)
{
	if (!options.user_namespace)
		become_root();
	drop_capabilities();
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

static void load_filter(const struct sock_fprog *filter)
{
	if (filter->len)
		must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter), "seccomp");
}

static void mount_all(void)
{
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
	must(mount(options.rootfs, options.rootfs, NULL, MS_BIND | MS_REC, NULL), options.rootfs);
	must(chdir(options.rootfs), options.rootfs);
	mount_kernel("proc", "proc", 0, NULL);
	mount_dev();
	mount_kernel("sysfs", "sys", NO_SPECIALS | MS_RDONLY, NULL);
	mount_kernel("cgroup2", "sys/fs/cgroup", NO_SPECIALS | MS_RDONLY, NULL);
	if (options.bind)
		mount_binds();
	mask_paths();
	must(mount(NULL, options.rootfs, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL),
	     "read-only root");
	must(sys_pivot_root(".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "old root");
	must(chdir("/"), "/");
}

static _Noreturn void child(const struct sock_fprog *filter)
{
	char byte;

	if (options.user_namespace) {
		must(read(mapped[0], &byte, 1), "id maps");
		become_root();
	}
	must(unshare(CLONE_NEWCGROUP), "cgroup namespace");
	raise_loopback();
	mount_all();
	must(sethostname("floor", 5), "hostname");
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 1024, 1024 });
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "_ses.floor");
	become_user();
	must(syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC), "close_range");
	load_filter(filter);
	execv(options.command[0], options.command);
	must(-1, options.command[0]);
	abort();
}

/* The default device rules: mknod of anything, use of the eight usual devices. */
static int load_device_program(void)
{
	static const int devices[][2] = { { 1, 3 }, { 1, 5 }, { 1, 7 }, { 1, 8 },
					  { 1, 9 }, { 5, 0 }, { 5, 2 }, { 136, -1 } };
	struct bpf_insn code[64];
	unsigned int n = 0;
#define CODE(c, d, s, o, k)                                                                        \
	(code[n++] = (struct bpf_insn){                                                            \
		 .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (k) })

	CODE(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0); /* access << 16 | type */
	CODE(BPF_LDX | BPF_MEM | BPF_W, 3, 1, 4, 0); /* major */
	CODE(BPF_LDX | BPF_MEM | BPF_W, 4, 1, 8, 0); /* minor */
	CODE(BPF_ALU64 | BPF_RSH | BPF_K, 2, 0, 0, 16);
	CODE(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	CODE(BPF_JMP | BPF_JNE | BPF_K, 2, 0, 1, 1);
	CODE(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for
		EACH(i, devices)
		{
			CODE(BPF_JMP | BPF_JNE | BPF_K, 3, 0, devices[i][1] < 0 ? 1 : 2,
			     devices[i][0]);
			if (devices[i][1] >= 0)
				CODE(BPF_JMP | BPF_JNE | BPF_K, 4, 0, 1, devices[i][1]);
			CODE(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		}
	CODE(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	CODE(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
#undef CODE
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
				.insns = (uintptr_t)code,
				.insn_cnt = n,
				.license = (uintptr_t) "" };

	return (int)must(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)), "device program");
}

static int make_cgroup(const char *path)
{
	int cgroup, program;

	must(mkdir(path, 0755), path);
	cgroup = (int)must(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path);
	program = load_device_program();
	union bpf_attr attach = { .target_fd = (unsigned int)cgroup,
				  .attach_bpf_fd = (unsigned int)program,
				  .attach_type = BPF_CGROUP_DEVICE,
				  .attach_flags = BPF_F_ALLOW_MULTI };

	must(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach)), "attach");
	close(program);
	return cgroup;
}

static void write_file(const char *path, const char *text)
{
	int fd = (int)must(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), path);

	must(write(fd, text, strlen(text)), path);
	close(fd);
}

static void map_ids(pid_t pid)
{
	static const char *const maps[] = { "uid_map", "gid_map" };
	char path[64];

	for
		EACH(i, maps)
		{
			snprintf(path, sizeof(path), "/proc/%d/%s", pid, maps[i]);
			write_file(path, "0 100000 65536");
		}
	must(write(mapped[1], "", 1), "id maps");
}

static struct sock_fprog read_filter(void)
{
	static struct sock_filter code[BPF_MAXINSNS];
	ssize_t size = 0;

	if (options.filter) {
		int fd = (int)must(open(options.filter, O_RDONLY | O_CLOEXEC), options.filter);

		size = must(read(fd, code, sizeof(code)), options.filter);
		close(fd);
	}
	return (struct sock_fprog){ (unsigned short)((size_t)size / sizeof(code[0])), code };
}

static bool read_options(int argc, char **argv)
{
	for (int option; (option = getopt(argc, argv, "+uf:b:d:")) != -1;) {
		switch (option) {
		case 'u':
			options.user_namespace = true;
			break;
		case 'f':
			options.filter = optarg;
			break;
		case 'b':
			options.bind = optarg;
			break;
		case 'd':
			options.state = optarg;
			break;
		default:
			return false;
		}
	}
	options.rootfs = argv[optind];
	options.command = argv + optind + 1;
	return argc - optind >= 2;
}

/* The child, which has all its namespaces but that of cgroups and is in its cgroup. */
static pid_t start(int cgroup)
{
	struct clone_args args = { .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
					    CLONE_NEWUTS | CLONE_NEWIPC | CLONE_INTO_CGROUP,
				   .exit_signal = SIGCHLD,
				   .cgroup = (unsigned int)cgroup };
	struct sock_fprog filter = read_filter();
	pid_t pid;
	char byte;

	must(pipe2(executed, O_CLOEXEC), "pipe");
	if (options.user_namespace) {
		args.flags |= CLONE_NEWUSER;
		must(pipe2(mapped, O_CLOEXEC), "pipe");
	}
	pid = (pid_t)must(sys_clone3(&args), "clone3");
	if (pid == 0)
		child(&filter);
	close(executed[1]);
	if (options.user_namespace)
		map_ids(pid);
	must(read(executed[0], &byte, 1), "pipe");
	return pid;
}

int main(int argc, char **argv)
{
	char cgroup[64], text[128];
	int status;
	pid_t pid;

	if (!read_options(argc, argv))
		return 2;
	snprintf(cgroup, sizeof(cgroup), "/sys/fs/cgroup/floor-%d", getpid());
	pid = start(make_cgroup(cgroup));
	if (options.state) {
		snprintf(text, sizeof(text), "%d\n%s\n", pid, cgroup);
		write_file(options.state, text);
		return 0;
	}
	must(waitpid(pid, &status, 0), "waitpid");
	must(rmdir(cgroup), cgroup);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
