/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both ends of a conversation, so that a test of networks sees who has talked to whom.
 *	talk serve [-r FIFO] [-a ADDRESS] NAME [PROTOCOL PORT[-END]]...
 *		answers on these ports (tcp, udp, sctp) until TERM: first the line "NAME saw ADDRESS",
 *		the peer's address as it arrived here, then all that it is sent. When it listens it says
 *		so: "listening", on standard output or into the FIFO
 *	talk ask [-t MILLISECONDS] [-b BYTES] [-d] [-s SOURCE] [-o PORT] PROTOCOL ADDRESS PORT
 *		prints that line, or why there was none (refused, timeout, unreachable, too big) and
 *		fails. -b sends so many bytes more and has them come back; -d forbids fragments; -o is
 *		the port to ask from
 *	talk flow [-r FIFO] PROTOCOL ADDRESS PORT
 *		sends and receives, byte by byte, until TERM or until it breaks, and then says so:
 *		"flowed" or "broken". "flowing" when the first byte came back
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IPPROTO_SCTP
#define IPPROTO_SCTP 132
#endif
#define SOCKETS_MAX 1024

static const char *address, *source, *ready;
static int patience = 5000; /* milliseconds */
static int own_port;
static size_t bulk;
static bool whole;
static volatile sig_atomic_t ended;

struct protocol {
	const char *name;
	int type, number;
};

static const struct protocol protocols[] = {
	{ "tcp", SOCK_STREAM, IPPROTO_TCP },
	{ "udp", SOCK_DGRAM, IPPROTO_UDP },
	{ "sctp", SOCK_STREAM, IPPROTO_SCTP },
};

static const struct protocol *find_protocol(const char *name)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (!strcmp(protocols[i].name, name))
			return &protocols[i];
	fprintf(stderr, "talk: %s: no such protocol\n", name);
	exit(2);
}

static void say(const char *word)
{
	int fd = ready ? open(ready, O_RDWR | O_CLOEXEC) : dup(STDOUT_FILENO);

	if (fd < 0 || dprintf(fd, "%s\n", word) < 0) {
		perror(ready);
		exit(1);
	}
	close(fd);
}

static long long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void on_term(int number)
{
	(void)number;
	ended = 1;
}

/* --- serve ------------------------------------------------------------------------------------ */

static struct pollfd sockets[SOCKETS_MAX];
static struct protocol kind[SOCKETS_MAX]; /* name only for those that listen */
static int socket_count;

static int add_socket(int fd, const struct protocol *protocol)
{
	if (socket_count == SOCKETS_MAX)
		return close(fd);
	sockets[socket_count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	kind[socket_count++] = *protocol;
	return 0;
}

/* A word, as an address. */
static bool literal(const char *word, struct sockaddr_storage *out)
{
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

	*out = (struct sockaddr_storage){ .ss_family = AF_INET };
	if (inet_pton(AF_INET, word, &four->sin_addr) == 1)
		return true;
	out->ss_family = AF_INET6;
	return inet_pton(AF_INET6, word, &six->sin6_addr) == 1;
}

/* A line of /etc/hosts with this name. A static program has no other way that needs nothing. */
static bool named(const char *name, struct sockaddr_storage *out)
{
	FILE *file = fopen("/etc/hosts", "re");
	char line[4096], *rest, *word;
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "#\n")] = 0;
		if (!strtok_r(line, " \t", &rest) || !literal(line, out))
			continue;
		while (!found && (word = strtok_r(NULL, " \t", &rest)))
			found = !strcmp(word, name);
	}
	if (file)
		fclose(file);
	return found;
}

static void resolve(const char *name, int port, struct sockaddr_storage *out)
{
	if (!literal(name, out) && !named(name, out)) {
		printf("no address: %s\n", name);
		exit(1);
	}
	/* the port is at the same place in both families */
	((struct sockaddr_in *)out)->sin_port = htons((uint16_t)port);
}

static void listen_at(const struct protocol *protocol, int port)
{
	struct sockaddr_storage own;
	int fd, yes = 1, no = 0;

	resolve(address ? address : "::", port, &own);
	fd = socket(own.ss_family, protocol->type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol->number);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
		/* the answer to a datagram has to come from where that went */
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof(yes));
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof(yes));
	}
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)) ||
	    (protocol->type == SOCK_STREAM && listen(fd, 128))) {
		fprintf(stderr, "talk: %s %d: %s\n", protocol->name, port, strerror(errno));
		exit(1);
	}
	add_socket(fd, protocol);
}

static int introduce(char *text, size_t size, const char *name, const struct sockaddr_storage *peer)
{
	char word[INET6_ADDRSTRLEN] = "?";
	const char *begin = word;

	if (peer->ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)peer)->sin_addr, word,
			  sizeof(word));
	else
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)peer)->sin6_addr, word,
			  sizeof(word));
	if (!strncmp(word, "::ffff:", 7))
		begin += 7;
	return snprintf(text, size, "%s saw %s\n", name, begin);
}

/* An empty datagram asks who is there, others come back. */
static void answer_datagram(int fd, const char *name)
{
	char buffer[65536], control[256];
	struct sockaddr_storage peer;
	struct iovec vector = { .iov_base = buffer, .iov_len = sizeof(buffer) };
	struct msghdr message = { .msg_name = &peer,
				  .msg_namelen = sizeof(peer),
				  .msg_iov = &vector,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t size = recvmsg(fd, &message, 0);

	if (size < 0)
		return;
	vector.iov_len = size ? (size_t)size
			      : (size_t)introduce(buffer, sizeof(buffer), name, &peer);
	/* the control data that came say the address that we were asked at: it is ours to send from */
	sendmsg(fd, &message, 0);
}

static void answer_connection(int place, const char *name)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t size = sizeof(peer);
	char line[128];
	int fd = accept4(sockets[place].fd, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (send(fd, line, (size_t)introduce(line, sizeof(line), name, &peer), MSG_NOSIGNAL) < 0)
		close(fd);
	else
		add_socket(fd, &(struct protocol){ .type = SOCK_STREAM });
}

static void send_back(int place)
{
	char buffer[65536];
	ssize_t size = recv(sockets[place].fd, buffer, sizeof(buffer), 0);

	for (ssize_t done = 0, step; size > 0 && done < size; done += step) {
		step = send(sockets[place].fd, buffer + done, (size_t)(size - done), MSG_NOSIGNAL);
		if (step < 0)
			size = -1;
	}
	if (size > 0)
		return;
	close(sockets[place].fd);
	sockets[place] = sockets[--socket_count];
	kind[place] = kind[socket_count];
}

static int serve(int argc, char **argv)
{
	const char *name = argv[0];

	for (int i = 1; i + 1 < argc; i += 2) {
		char *end;
		long first = strtol(argv[i + 1], &end, 10);
		long last = *end == '-' ? strtol(end + 1, NULL, 10) : first;

		for (; first <= last; first++)
			listen_at(find_protocol(argv[i]), (int)first);
	}
	say("listening");
	while (!ended) {
		if (poll(sockets, (nfds_t)socket_count, -1) < 0)
			continue;
		for (int i = socket_count - 1; i >= 0; i--) {
			if (!sockets[i].revents)
				continue;
			if (!kind[i].name)
				send_back(i);
			else if (kind[i].type == SOCK_DGRAM)
				answer_datagram(sockets[i].fd, name);
			else
				answer_connection(i, name);
		}
	}
	return 0;
}

/* --- ask -------------------------------------------------------------------------------------- */

static int refused(int number)
{
	switch (number) {
	case ECONNREFUSED:
		return puts("refused"), 1;
	case EINPROGRESS:
	case EAGAIN:
	case ETIMEDOUT:
		return puts("timeout"), 1;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EACCES:
	case EPERM:
		return puts("unreachable"), 1;
	case EMSGSIZE:
		return puts("too big"), 1;
	}
	return printf("failed: %s\n", strerror(number)), 1;
}

static int patient_socket(const struct protocol *protocol, int family)
{
	struct timeval limit = { .tv_sec = patience / 1000, .tv_usec = patience % 1000 * 1000 };
	int fd = socket(family, protocol->type | SOCK_CLOEXEC, protocol->number);
	int discover = family == AF_INET ? IP_PMTUDISC_DO : IPV6_PMTUDISC_DO, one = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
		   family == AF_INET ? IP_RECVERR : IPV6_RECVERR, &one, sizeof(one));
	if (whole && family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof(discover));
	if (whole && family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &discover, sizeof(discover));
		setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &one, sizeof(one));
	}
	return fd;
}

static int connect_to(const struct protocol *protocol, const char *name, int port)
{
	struct sockaddr_storage peer, own;
	int fd;

	resolve(name, port, &peer);
	fd = patient_socket(protocol, peer.ss_family);
	if (fd < 0)
		return -1;
	if (source || own_port) {
		resolve(source			    ? source
			: peer.ss_family == AF_INET ? "0.0.0.0"
						    : "::",
			own_port, &own);
		if (bind(fd, (struct sockaddr *)&own, sizeof(own)))
			return -1;
	}
	return connect(fd, (struct sockaddr *)&peer, sizeof(peer)) ? -1 : fd;
}

/* A datagram may be lost: it is sent again every 100 ms. */
static int ask_datagram(int fd, char *buffer, size_t size, size_t length)
{
	long long end = milliseconds() + patience;
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	while (milliseconds() < end) {
		ssize_t got;

		if (send(fd, buffer, length, 0) < 0)
			return -1;
		if (poll(&wait, 1, 100) <= 0)
			continue;
		got = recv(fd, buffer, size, 0);
		if (got >= 0)
			return (int)got;
		/* nobody there is an answer as well */
		return -1;
	}
	errno = ETIMEDOUT;
	return -1;
}

static int ask_line(int fd, char *line, size_t size)
{
	size_t length = 0;

	while (length + 1 < size && (!length || line[length - 1] != '\n')) {
		ssize_t got = recv(fd, line + length, 1, 0);

		if (got < 0)
			return -1;
		if (!got)
			break;
		length++;
	}
	return (int)length;
}

/* Sends and receives at the same time: what is on its way may be more than the buffers hold. */
static int exchange(int fd)
{
	static char out[65536], in[65536];
	size_t sent = 0, received = 0;

	while (received < bulk) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t step;

		if (sent < bulk)
			wait.events |= POLLOUT;
		if (poll(&wait, 1, patience) <= 0)
			return errno = ETIMEDOUT, -1;
		if (wait.revents & POLLOUT) {
			size_t rest = bulk - sent;

			step = send(fd, out, rest < sizeof(out) ? rest : sizeof(out),
				    MSG_DONTWAIT | MSG_NOSIGNAL);
			if (step < 0 && errno != EAGAIN)
				return -1;
			sent += step > 0 ? (size_t)step : 0;
		}
		if (wait.revents & (POLLIN | POLLERR | POLLHUP)) {
			step = recv(fd, in, sizeof(in), MSG_DONTWAIT);
			if (step == 0)
				errno = ECONNRESET;
			if (step <= 0)
				return -1;
			received += (size_t)step;
		}
	}
	return 0;
}

static int ask(char **argv)
{
	const struct protocol *protocol = find_protocol(argv[0]);
	char buffer[65536] = "";
	int fd = connect_to(protocol, argv[1], atoi(argv[2])), size;

	if (fd < 0)
		return refused(errno);
	/*
	 * It has nothing to say, and says so: passt before 2023-06 does not hand on what a server
	 * says to a client who has sent nothing.
	 */
	if (protocol->type != SOCK_DGRAM && !bulk && shutdown(fd, SHUT_WR) < 0)
		return refused(errno);
	if (protocol->type == SOCK_DGRAM)
		size = ask_datagram(fd, buffer, sizeof(buffer), 0);
	else
		size = ask_line(fd, buffer, sizeof(buffer));
	if (size < 0)
		return refused(errno);
	fwrite(buffer, 1, (size_t)size, stdout);
	if (bulk && protocol->type == SOCK_DGRAM) {
		size = ask_datagram(fd, buffer, sizeof(buffer), bulk);
		if (size >= 0 && (size_t)size != bulk)
			errno = EPROTO;
		return (size_t)size == bulk ? 0 : refused(errno);
	}
	return bulk && exchange(fd) ? refused(errno) : 0;
}

/* --- flow ------------------------------------------------------------------------------------- */

static int flow(char **argv)
{
	const struct protocol *protocol = find_protocol(argv[0]);
	char line[128] = "x";
	int fd = connect_to(protocol, argv[1], atoi(argv[2]));

	if (fd < 0 || (protocol->type == SOCK_STREAM && ask_line(fd, line, sizeof(line)) <= 0))
		return puts("broken"), 1;
	for (bool first = true; !ended; first = false) {
		bool lost = send(fd, "x", 1, MSG_NOSIGNAL) != 1 || recv(fd, line, 1, 0) != 1;

		/* datagrams are sent to the end, whoever listens */
		if (lost && !ended && protocol->type == SOCK_STREAM)
			return puts("broken"), 1;
		if (first)
			say("flowing");
	}
	return puts("flowed"), 0;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_term }; /* no SA_RESTART */
	const char *verb = argc > 1 ? argv[1] : "";
	int option;

	sigaction(SIGTERM, &action, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	optind = 2;
	while ((option = getopt(argc, argv, "+a:b:do:r:s:t:")) != -1) {
		switch (option) {
		case 'a':
			address = optarg;
			break;
		case 'b':
			bulk = strtoul(optarg, NULL, 10);
			break;
		case 'd':
			whole = true;
			break;
		case 'o':
			own_port = atoi(optarg);
			break;
		case 'r':
			ready = optarg;
			break;
		case 's':
			source = optarg;
			break;
		case 't':
			patience = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	argc -= optind;
	argv += optind;
	if (!strcmp(verb, "serve") && argc >= 1)
		return serve(argc, argv);
	if (!strcmp(verb, "ask") && argc == 3)
		return ask(argv);
	if (!strcmp(verb, "flow") && argc == 3)
		return flow(argv);
	fprintf(stderr, "talk: see the head of tests/helpers/talk.c\n");
	return 2;
}
