/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "runtime/console_socket.h"
#include "runtime/terminal_host.h"
#include "runtime/terminal_relay.h"
#include "tests/unit/unit.h"

static struct error err;
static struct terminal_relay relay;

/* A pair as the container has it: raw enough that nothing is echoed. */
static void open_pair(int *master, int *slave)
{
	struct termios mode;
	int unlock = 0;

	*master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*master < 0)
		unit_skip("no /dev/ptmx here");
	CHECK(ioctl(*master, TIOCSPTLCK, &unlock) == 0);
	*slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(*slave >= 0);
	CHECK(tcgetattr(*slave, &mode) == 0);
	mode.c_oflag &= ~(tcflag_t)ONLCR;
	mode.c_lflag &= ~(tcflag_t)ECHO;
	CHECK(tcsetattr(*slave, TCSANOW, &mode) == 0);
}

static void turn(int times)
{
	while (times-- > 0 && !relay.closed) {
		struct pollfd fds[RELAY_FDS];

		terminal_relay_poll(&relay, fds);
		if (poll(fds, RELAY_FDS, 100) <= 0)
			return;
		terminal_relay_move(&relay, fds);
	}
}

TEST(terminal_size_is_checked)
{
	struct spec_console_size size = { .height = 25, .width = 80 };
	struct spec_process process = { .terminal = true, .console_size = &size };
	struct terminal_plan plan;

	CHECK(terminal_plan(&process, &plan, &err) == 0);
	CHECK(plan.wanted);
	CHECK_INT(plan.size.ws_row, 25);
	CHECK_INT(plan.size.ws_col, 80);
	size.width = 65536;
	CHECK(terminal_plan(&process, &plan, &err) == -1);
	CHECK_STRING(err.text, "process.consoleSize.width: above 65535");
	process.terminal = false;
	CHECK(terminal_plan(&process, &plan, &err) == 0);
	CHECK(!plan.wanted);
}

TEST(terminal_relay_copies_both_ways_and_ends_when_the_container_closed_it)
{
	int master, slave, in[2], out[2];
	char text[64];

	open_pair(&master, &slave);
	CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
	CHECK(terminal_relay_open(&relay, master, in[0], out[1], &err) == 0);
	CHECK(write(in[1], "typed\n", 6) == 6);
	turn(2);
	CHECK_INT(read(slave, text, sizeof(text)), 6);
	CHECK(write(slave, "printed\n", 8) == 8);
	turn(2);
	CHECK_INT(read(out[0], text, sizeof(text)), 8);
	CHECK(!relay.closed);
	CHECK(write(slave, "last\n", 5) == 5);
	close(slave);
	terminal_relay_drain(&relay, 1000);
	CHECK(relay.closed);
	CHECK_INT(read(out[0], text, sizeof(text)), 5);
	terminal_relay_close(&relay);
	for (int i = 0; i < 2; i++) {
		close(in[i]);
		close(out[i]);
	}
}

TEST(terminal_relay_gives_the_end_of_input_as_ctrl_d)
{
	int master, slave, in[2];
	char text[64];

	open_pair(&master, &slave);
	CHECK(pipe2(in, O_CLOEXEC) == 0);
	CHECK(terminal_relay_open(&relay, master, in[0], 2, &err) == 0);
	CHECK(write(in[1], "x\n", 2) == 2);
	close(in[0]);
	close(in[1]);
	turn(4);
	CHECK_INT(read(slave, text, sizeof(text)), 2);
	CHECK_INT(read(slave, text, sizeof(text)), 0);
	close(slave);
	terminal_relay_close(&relay);
}

TEST(terminal_relay_does_not_block_on_an_output_that_nobody_reads)
{
	static char text[4096];
	int master, slave, out[2];
	size_t written = 0, got = 0;
	ssize_t n;

	open_pair(&master, &slave);
	CHECK(pipe2(out, O_CLOEXEC) == 0);
	CHECK(fcntl(out[0], F_SETPIPE_SZ, 4096) == 4096);
	CHECK(terminal_relay_open(&relay, master, -1, out[1], &err) == 0);
	close(out[1]);
	CHECK(fcntl(slave, F_SETFL, O_NONBLOCK) == 0);
	memset(text, 'x', sizeof(text));
	/* Until pipe, buffer and pty are full. */
	for (int quiet = 0; quiet < 3;) {
		n = write(slave, text, sizeof(text));
		quiet = n > 0 ? 0 : quiet + 1;
		written += n > 0 ? (size_t)n : 0;
		turn(3);
	}
	CHECK(written > 4096 + RELAY_BUFFER);
	close(slave);
	CHECK(fcntl(out[0], F_SETFL, O_NONBLOCK) == 0);
	for (int i = 0; i < 1000 && !relay.closed; i++) {
		while ((n = read(out[0], text, sizeof(text))) > 0)
			got += (size_t)n;
		turn(1);
	}
	while ((n = read(out[0], text, sizeof(text))) > 0)
		got += (size_t)n;
	CHECK(relay.closed);
	CHECK_INT((long long)got, (long long)written);
	terminal_relay_close(&relay);
	close(out[0]);
}

TEST(terminal_relay_goes_on_when_its_output_is_closed)
{
	int master, slave, out[2];

	open_pair(&master, &slave);
	signal(SIGPIPE, SIG_IGN);
	CHECK(pipe2(out, O_CLOEXEC) == 0);
	CHECK(terminal_relay_open(&relay, master, -1, out[1], &err) == 0);
	close(out[0]);
	close(out[1]);
	for (int i = 0; i < 20; i++) {
		CHECK(write(slave, "more\n", 5) == 5);
		turn(2);
	}
	close(slave);
	terminal_relay_drain(&relay, 1000);
	CHECK(relay.closed);
	terminal_relay_close(&relay);
	signal(SIGPIPE, SIG_DFL);
}

TEST(terminal_host_mode_is_restored)
{
	struct termios before, raw, after;
	int master, slave;

	open_pair(&master, &slave);
	CHECK(tcgetattr(slave, &before) == 0);
	CHECK(terminal_host_raw(slave, &err) == 0);
	CHECK(tcgetattr(slave, &raw) == 0);
	CHECK(!(raw.c_lflag & (ICANON | ISIG | ECHO)));
	CHECK(raw.c_oflag & ONLCR);
	terminal_host_restore();
	terminal_host_restore();
	CHECK(tcgetattr(slave, &after) == 0);
	CHECK(after.c_lflag == before.c_lflag && after.c_oflag == before.c_oflag &&
	      after.c_iflag == before.c_iflag);
	close(slave);
	close(master);
}

TEST(terminal_host_that_is_no_terminal_is_left_alone)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	CHECK(terminal_host_raw(fd, &err) == 0);
	terminal_host_restore();
	terminal_host_copy_size(fd, fd);
	close(fd);
}

static char folder[] = "/tmp/ctr-unit-XXXXXX";

static void remove_folder(void)
{
	remove_tree_at(AT_FDCWD, folder, &err);
}

TEST(console_socket_takes_a_path_longer_than_an_address)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "sock" };
	char path[400], name[64] = "";
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int sock, peer, fd, master, slave;
	char expected[32];

	open_pair(&master, &slave);
	CHECK(mkdtemp(folder));
	atexit(remove_folder);
	CHECK(chdir(folder) == 0);
	snprintf(path, sizeof(path), "%s/%0200d", folder, 7);
	CHECK(mkdir(path, 0700) == 0 && chdir(path) == 0);
	CHECK(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(listen(listener, 1) == 0);
	strcat(path, "/sock");
	sock = console_socket_connect(path, &err);
	CHECK(sock >= 0);
	peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(console_socket_send_master(sock, master, &err) == 0);
	CHECK(receive_fds(peer, name, sizeof(name) - 1, &fd, 1, &err) > 0);
	CHECK(terminal_name(master, expected, sizeof(expected), &err) == 0);
	CHECK_STRING(name, expected);
	CHECK(isatty(fd));
	close(fd);
	close(peer);
	close(sock);
	strcat(path, "x");
	CHECK(console_socket_connect(path, &err) == -1);
	CHECK_CONTAINS(err.text, "No such file or directory");
	CHECK(console_socket_connect("/nowhere", &err) == -1);
	close(listener);
	close(master);
	close(slave);
}
