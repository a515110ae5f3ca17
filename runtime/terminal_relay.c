/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/terminal_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

enum { INPUT, MASTER, OUTPUT };

#define END_OF_TRANSMISSION 4 /* ^D, what the line discipline takes for an end of file */

/*
 * A description of our own of the terminal or FIFO that fd is, where O_NONBLOCK hurts nobody
 * else. Others are shared: a file for its offset, a socket because it cannot be opened again.
 */
static int open_anew(int fd, int mode)
{
	char path[32];
	struct stat st;
	int own = -1;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)))
		own = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

int terminal_relay_open(struct terminal_relay *relay, int master, int input, int output,
			struct error *err)
{
	int flags = fcntl(master, F_GETFL);

	relay->master = master;
	relay->input = input < 0 ? -1 : open_anew(input, O_RDONLY);
	relay->output = open_anew(output, O_WRONLY);
	relay->closed = relay->end_of_input = false;
	relay->to_container.begin = relay->to_container.end = 0;
	relay->to_host.begin = relay->to_host.end = 0;
	if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) < 0)
		return fail_errno(err, "terminal");
	return 0;
}

void terminal_relay_close(struct terminal_relay *relay)
{
	close_fd(&relay->input);
	close_fd(&relay->master);
	close_fd(&relay->output);
}

static bool is_empty(const struct relay_buffer *buffer)
{
	return buffer->begin == buffer->end;
}

static bool is_full(const struct relay_buffer *buffer)
{
	return buffer->end == sizeof(buffer->bytes);
}

static void forget(struct relay_buffer *buffer)
{
	buffer->begin = buffer->end = 0;
}

enum { MOVED, AGAIN, AT_END };

static int fill(struct relay_buffer *buffer, int fd)
{
	ssize_t got = read(fd, buffer->bytes + buffer->end, sizeof(buffer->bytes) - buffer->end);

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return AGAIN;
	/* A pty whose slaves are all closed says EIO. */
	if (got <= 0)
		return AT_END;
	buffer->end += (size_t)got;
	return MOVED;
}

static int flush(struct relay_buffer *buffer, int fd)
{
	ssize_t put = write(fd, buffer->bytes + buffer->begin, buffer->end - buffer->begin);

	if (put < 0 && (errno == EINTR || errno == EAGAIN))
		return AGAIN;
	if (put < 0)
		return AT_END;
	buffer->begin += (size_t)put;
	if (is_empty(buffer))
		forget(buffer);
	return MOVED;
}

void terminal_relay_poll(const struct terminal_relay *relay, struct pollfd fds[RELAY_FDS])
{
	short events = 0;

	if (!is_full(&relay->to_host))
		events |= POLLIN;
	if (!is_empty(&relay->to_container))
		events |= POLLOUT;
	fds[INPUT] = (struct pollfd){ .fd = -1, .events = POLLIN };
	if (!is_full(&relay->to_container))
		fds[INPUT].fd = relay->input;
	/* With no event wanted poll would still return at once for POLLHUP. */
	fds[MASTER] = (struct pollfd){ .fd = events ? relay->master : -1, .events = events };
	fds[OUTPUT] = (struct pollfd){ .fd = -1, .events = POLLOUT };
	if (!is_empty(&relay->to_host))
		fds[OUTPUT].fd = relay->output;
}

static void move_input(struct terminal_relay *relay, short events)
{
	struct relay_buffer *buffer = &relay->to_container;

	if (events && relay->input >= 0 && !is_full(buffer) &&
	    fill(buffer, relay->input) == AT_END) {
		close_fd(&relay->input);
		relay->end_of_input = true;
	}
	if (relay->end_of_input && !is_full(buffer)) {
		buffer->bytes[buffer->end++] = END_OF_TRANSMISSION;
		relay->end_of_input = false;
	}
}

static void move_master(struct terminal_relay *relay, short events)
{
	if (relay->master < 0)
		return;
	if (events & POLLOUT && !is_empty(&relay->to_container))
		flush(&relay->to_container, relay->master);
	/* Nobody is left to read what we have. */
	if (events & (POLLHUP | POLLERR))
		forget(&relay->to_container);
	if (events & (POLLIN | POLLHUP | POLLERR) && !is_full(&relay->to_host) &&
	    fill(&relay->to_host, relay->master) == AT_END) {
		close_fd(&relay->master);
		close_fd(&relay->input);
		forget(&relay->to_container);
	}
}

static void move_output(struct terminal_relay *relay, short events)
{
	/* Where it goes nobody looks any more: the container goes on without. */
	if (relay->output >= 0 && events && flush(&relay->to_host, relay->output) == AT_END)
		close_fd(&relay->output);
	if (relay->output < 0)
		forget(&relay->to_host);
}

void terminal_relay_move(struct terminal_relay *relay, const struct pollfd fds[RELAY_FDS])
{
	move_input(relay, fds[INPUT].revents);
	move_master(relay, fds[MASTER].revents);
	move_output(relay, fds[OUTPUT].revents);
	relay->closed = relay->master < 0 && is_empty(&relay->to_host);
}

static long now_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void terminal_relay_drain(struct terminal_relay *relay, int timeout)
{
	long end = now_milliseconds() + timeout;

	while (!relay->closed) {
		struct pollfd fds[RELAY_FDS];
		long left = end - now_milliseconds();
		int ready;

		close_fd(&relay->input);
		terminal_relay_poll(relay, fds);
		ready = poll(fds, RELAY_FDS, left > 0 ? (int)left : 0);
		if (ready == 0 || (ready < 0 && errno != EINTR))
			return;
		if (ready > 0)
			terminal_relay_move(relay, fds);
	}
}
