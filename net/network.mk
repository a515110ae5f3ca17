# SPDX-License-Identifier: Apache-2.0
# Networks of containers, by libmnl and libnftnl: only ctr-net links this.
noinst_LIBRARIES += libnetwork.a
libnetwork_a_CPPFLAGS = $(AM_CPPFLAGS) $(NETWORK_CFLAGS)
libnetwork_a_SOURCES = \
	net/netlink.c net/netlink.h

network_test_libraries = libunit.a libnetwork.a libnet.a libspecs.a libbase.a $(YAJL_LIBS) \
	$(NETWORK_LIBS)
check_PROGRAMS += tests/unit/test_netlink
tests_unit_test_netlink_SOURCES = tests/unit/test_netlink.c
tests_unit_test_netlink_CPPFLAGS = $(libnetwork_a_CPPFLAGS)
tests_unit_test_netlink_LDADD = $(network_test_libraries)
