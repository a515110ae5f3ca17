/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a byte takes there and back over a TCP connection, for tests/bench/net.
 *	trips serve PORT		sends back what comes; prints "ready"
 *	trips ask ADDRESS PORT COUNT	prints the median of COUNT round trips in nanoseconds
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static long nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void serve(int sock, struct sockaddr_in *own)
{
	int one = 1;

	if (bind(sock, (struct sockaddr *)own, sizeof(*own)) || listen(sock, 1))
		die("listen");
	puts("ready");
	fflush(stdout);
	for (int fd; (fd = accept4(sock, NULL, NULL, SOCK_CLOEXEC)) >= 0; close(fd)) {
		char byte;

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		while (recv(fd, &byte, 1, 0) == 1)
			if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
				break;
	}
}

static void ask(int sock, struct sockaddr_in *peer, size_t count)
{
	long *times = calloc(count, sizeof(*times));
	int one = 1;
	char byte = 'x';

	if (!times || connect(sock, (struct sockaddr *)peer, sizeof(*peer)))
		die("connect");
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (size_t i = 0; i < count; i++) {
		long begin = nanoseconds();

		if (send(sock, &byte, 1, 0) != 1 || recv(sock, &byte, 1, 0) != 1)
			die("a byte");
		times[i] = nanoseconds() - begin;
	}
	qsort(times, count, sizeof(*times), compare);
	printf("%ld\n", times[count / 2]);
}

int main(int argc, char **argv)
{
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET };

	if (argc == 3 && !strcmp(argv[1], "serve")) {
		address.sin_port = htons((uint16_t)atoi(argv[2]));
		serve(sock, &address);
	}
	if (argc != 5 || strcmp(argv[1], "ask") != 0 || atoi(argv[4]) <= 0)
		return fprintf(stderr, "trips: see the head of tests/bench/trips.c\n"), 2;
	inet_pton(AF_INET, argv[2], &address.sin_addr);
	address.sin_port = htons((uint16_t)atoi(argv[3]));
	ask(sock, &address, (size_t)atoi(argv[4]));
	return 0;
}
