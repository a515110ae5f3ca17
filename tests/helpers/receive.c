/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other side of the sockets that a runtime sends file descriptors to.
 *	receive console SOCKET	prints "name PAYLOAD" and "terminal yes|no", then what it prints
 *	receive pidfd SOCKET	prints "name PAYLOAD" and the Pid: line of the pidfd's fdinfo
 *	receive notify SOCKET	prints the JSON on one line, then answers each notification of
 *				the seccomp filter: getppid(2) gives 4321, all others errno ENOTTY
 *	receive service SOCKET	as a service manager: prints each datagram's lines joined by "|",
 *				until one that says BARRIER=1 or STOPPING=1
 * The socket is there when "listening" has been printed. One connection, then the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int fatal(const char *what)
{
	perror(what);
	return 1;
}

static int listen_at(const char *path, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		return errno = ENAMETOOLONG, -1;
	strcpy(address.sun_path, path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    (type == SOCK_STREAM && listen(fd, 1)))
		return -1;
	puts("listening");
	fflush(stdout);
	return type == SOCK_STREAM ? accept4(fd, NULL, NULL, SOCK_CLOEXEC) : fd;
}

/* One message with one file descriptor. */
static int receive(int connection, char *text, size_t size)
{
	struct iovec vector = { .iov_base = text, .iov_len = size - 1 };
	union {
		char buffer[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control.buffer,
		.msg_controllen = sizeof(control.buffer),
	};
	ssize_t length = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header;
	int fd = -1;

	if (length < 0)
		return -1;
	text[length] = 0;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static int console(int fd)
{
	char buffer[4096];
	ssize_t size;

	printf("terminal %s\n", isatty(fd) ? "yes" : "no");
	fflush(stdout);
	while ((size = read(fd, buffer, sizeof(buffer))) > 0)
		if (write(STDOUT_FILENO, buffer, (size_t)size) < 0)
			break;
	return 0;
}

static int pidfd(int fd)
{
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (!file)
		return fatal(path);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, "Pid:", 4))
			fputs(line, stdout);
	fclose(file);
	return 0;
}

static int notify(int fd)
{
	for (;;) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
		struct seccomp_notif request = { 0 };
		struct seccomp_notif_resp answer = { 0 };

		if (poll(&poll_fd, 1, -1) < 0 || !(poll_fd.revents & POLLIN))
			return 0; /* nobody has the filter any more */
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &request))
			continue;
		answer.id = request.id;
		if (request.data.nr == SYS_getppid)
			answer.val = 4321;
		else
			answer.error = -ENOTTY;
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

static int service(int sock)
{
	char text[4097];
	int fd;

	for (;;) {
		struct iovec data = { text, sizeof(text) - 1 };
		char control[CMSG_SPACE(sizeof(int))];
		struct msghdr message = {
			.msg_iov = &data,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		ssize_t length = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);

		if (length < 0)
			return fatal("recvmsg");
		text[length] = '\0';
		for (char *c = text; *c; c++)
			if (*c == '\n')
				*c = '|';
		if (message.msg_controllen >= CMSG_LEN(sizeof(int))) {
			memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
			close(fd);
		}
		puts(text);
		fflush(stdout);
		if (strstr(text, "BARRIER=1") || strstr(text, "STOPPING=1"))
			return 0;
	}
}

int main(int argc, char **argv)
{
	char text[1 << 16];
	int connection, fd;

	if (argc != 3)
		return fprintf(stderr, "usage: receive console|pidfd|notify|service SOCKET\n"), 2;
	alarm(60);
	connection = listen_at(argv[2], strcmp(argv[1], "service") ? SOCK_STREAM : SOCK_DGRAM);
	if (connection < 0)
		return fatal(argv[2]);
	if (!strcmp(argv[1], "service"))
		return service(connection);
	fd = receive(connection, text, sizeof(text));
	if (fd < 0)
		return fatal("no file descriptor came");
	printf(strcmp(argv[1], "notify") ? "name %s\n" : "%s\n", text);
	fflush(stdout);
	if (!strcmp(argv[1], "console"))
		return console(fd);
	return strcmp(argv[1], "pidfd") ? notify(fd) : pidfd(fd);
}
