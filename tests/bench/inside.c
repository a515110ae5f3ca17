/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests/bench/run runs inside a container and outside of one, to compare.
 *
 *	inside calls		NAME VALUE lines: nanoseconds of a call, median of batches
 *	inside fsync FILE	"fsync VALUE": milliseconds of 100 writes, each synced
 *	inside timed NAME COMMAND...	"NAME VALUE": milliseconds that COMMAND took; its output is discarded
 *	inside loops READY GATE MS	loops of a little of everything for MS milliseconds: "loops VALUE",
 *				a second. READY and GATE are FIFOs: a byte goes into the one, and 16 come
 *				out of the other, the moment to begin in seconds of CLOCK_MONOTONIC
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 15

static int memory;

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void do_getpid(void)
{
	syscall(SYS_getpid);
}

static void do_getsid(void)
{
	syscall(SYS_getsid, 0);
}

static void do_getpgid(void)
{
	syscall(SYS_getpgid, 0);
}

static void fork_and(const char *program)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (program)
			execl(program, program, (char *)NULL);
		_exit(program ? 127 : 0);
	}
	waitpid(pid, NULL, 0);
}

static void do_fork(void)
{
	fork_and(NULL);
}

static void do_execve(void)
{
	fork_and("/proc/self/exe"); /* without an argument it ends at once */
}

static void do_shmget(void)
{
	shmctl(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600), IPC_RMID, NULL);
}

static void do_shmat(void)
{
	shmdt(shmat(memory, NULL, 0));
}

static const struct {
	const char *name;
	void (*call)(void);
	int times;
} calls[] = {
	{ "getpid", do_getpid, 50000 },	  { "getsid", do_getsid, 50000 },
	{ "getpgid", do_getpgid, 50000 }, { "fork", do_fork, 60 },
	{ "execve", do_execve, 60 },	  { "shmget", do_shmget, 2000 },
	{ "shmat", do_shmat, 2000 },
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int time_calls(void)
{
	double batches[BATCHES];

	memory = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (int batch = 0; batch < BATCHES; batch++) {
			double begin = now(CLOCK_MONOTONIC);

			for (int j = 0; j < calls[i].times; j++)
				calls[i].call();
			batches[batch] = (now(CLOCK_MONOTONIC) - begin) / calls[i].times;
		}
		qsort(batches, BATCHES, sizeof(batches[0]), compare);
		printf("%s %.1f\n", calls[i].name, batches[BATCHES / 2]);
	}
	shmctl(memory, IPC_RMID, NULL);
	return 0;
}

static int time_fsync(const char *path)
{
	static char block[4096];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	double begin = now(CLOCK_MONOTONIC);

	for (int i = 0; i < 100; i++)
		if (write(fd, block, sizeof(block)) != sizeof(block) || fdatasync(fd))
			return 1;
	printf("fsync %.3f\n", (now(CLOCK_MONOTONIC) - begin) / 1e6);
	return unlink(path);
}

static int time_command(const char *name, char **command)
{
	double begin = now(CLOCK_MONOTONIC);
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(126);
		execvp(command[0], command);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return 1;
	printf("%s %.3f\n", name, (now(CLOCK_MONOTONIC) - begin) / 1e6);
	return 0;
}

/* Computes, reads a file, starts a process. */
static unsigned int loop(unsigned int hash)
{
	char buffer[4096];

	for (unsigned int i = 0; i < 20000; i++)
		hash = (hash * 16777619U) ^ i;
	for (int i = 0; i < 20; i++) {
		int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

		if (read(fd, buffer, sizeof(buffer)) < 0)
			hash++;
		close(fd);
	}
	do_fork();
	return hash;
}

/* Nanoseconds, when all the others are there too; negative for an error. */
static double wait_for_start(const char *ready, const char *gate)
{
	char text[17] = "";
	int out = open(ready, O_WRONLY | O_CLOEXEC), in = open(gate, O_RDONLY | O_CLOEXEC);

	if (write(out, "", 1) != 1 || read(in, text, 16) != 16)
		return -1;
	return atof(text) * 1e9;
}

static int time_loops(double start, double milliseconds)
{
	double end = start + milliseconds * 1e6;
	struct timespec begin = { .tv_sec = (time_t)(start / 1e9),
				  .tv_nsec = (long)(start - (double)(time_t)(start / 1e9) * 1e9) };
	unsigned int hash = 1;
	long count = 0;

	if (start < 0)
		return 1;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &begin, NULL);
	for (; now(CLOCK_MONOTONIC) < end; count++)
		hash = loop(hash);
	printf("loops %.2f\n", (double)count / milliseconds * 1e3);
	return hash == 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "calls") == 0)
		return time_calls();
	if (strcmp(what, "fsync") == 0 && argc > 2)
		return time_fsync(argv[2]);
	if (strcmp(what, "timed") == 0 && argc > 3)
		return time_command(argv[2], argv + 3);
	if (strcmp(what, "loops") == 0 && argc > 4)
		return time_loops(wait_for_start(argv[2], argv[3]), atof(argv[4]));
	return argc > 1 ? 2 : 0;
}
