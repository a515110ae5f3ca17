# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	net/attachment.c net/attachment.h \
	net/client.c net/client.h \
	net/devices.c net/devices.h \
	net/hosts_edit.c net/hosts_edit.h \
	net/hosts_file.c net/hosts_file.h \
	net/interfaces.c net/interfaces.h \
	net/loopback.c net/loopback.h \
	net/name_record.c net/name_record.h \
	net/names.c net/names.h net/names_file.h \
	net/names_publish.c \
	net/resolv_conf.c net/resolv_conf.h \
	net/service_message.c net/service_message.h

# What these link is what the folder may use: its own library and those below.
net_test_libraries = libunit.a libnet.a libspecs.a libbase.a $(YAJL_LIBS)
check_PROGRAMS += \
	tests/unit/test_hosts \
	tests/unit/test_interfaces \
	tests/unit/test_names \
	tests/unit/test_net \
	tests/unit/test_resolv_conf
tests_unit_test_hosts_SOURCES = tests/unit/test_hosts.c $(scratch_dir)
tests_unit_test_hosts_LDADD = $(net_test_libraries)
tests_unit_test_interfaces_SOURCES = tests/unit/test_interfaces.c
tests_unit_test_interfaces_LDADD = $(net_test_libraries)
tests_unit_test_names_SOURCES = tests/unit/test_names.c $(scratch_dir)
tests_unit_test_names_LDADD = $(net_test_libraries)
tests_unit_test_net_SOURCES = tests/unit/test_net.c
tests_unit_test_net_LDADD = $(net_test_libraries)
tests_unit_test_resolv_conf_SOURCES = tests/unit/test_resolv_conf.c
tests_unit_test_resolv_conf_LDADD = $(net_test_libraries)

if NETWORK
include net/network.mk
endif
EXTRA_DIST += tests/unit/golden/links.txt
