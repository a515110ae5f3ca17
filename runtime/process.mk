# SPDX-License-Identifier: Apache-2.0
# The process set-up: what init (create, run) and join (exec) share. See runtime/process.h.
libruntime_a_SOURCES += \
	runtime/capability.c runtime/capability.h \
	runtime/console_socket.c runtime/console_socket.h \
	runtime/credentials.c runtime/credentials.h \
	runtime/executable.c runtime/executable.h \
	runtime/hooks.c runtime/hooks.h \
	runtime/id_map.c runtime/id_map.h \
	runtime/keyring.c runtime/keyring.h \
	runtime/passwd.c runtime/passwd.h \
	runtime/personality.c runtime/personality.h \
	runtime/process.c runtime/process.h \
	runtime/resource_limit.c runtime/resource_limit.h \
	runtime/scheduling.c runtime/scheduling.h \
	runtime/security_label.c runtime/security_label.h \
	runtime/spawn.c runtime/spawn.h \
	runtime/sysctl.c runtime/sysctl.h \
	runtime/terminal.c runtime/terminal.h \
	runtime/terminal_host.c runtime/terminal_host.h \
	runtime/terminal_relay.c runtime/terminal_relay.h
