# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	net/address.c net/address.h \
	net/client.c net/client.h \
	net/devices.c net/devices.h \
	net/interfaces.c net/interfaces.h \
	net/link.c net/link.h \
	net/loopback.c net/loopback.h \
	net/rtnl.c net/rtnl.h \
	net/service_message.c net/service_message.h

# What these link is what the folder may use: its own library and those below.
net_test_libraries = libunit.a libnet.a libspecs.a libbase.a $(YAJL_LIBS)
check_PROGRAMS += tests/unit/test_interfaces tests/unit/test_net
tests_unit_test_interfaces_SOURCES = tests/unit/test_interfaces.c
tests_unit_test_interfaces_LDADD = $(net_test_libraries)
tests_unit_test_net_SOURCES = tests/unit/test_net.c
tests_unit_test_net_LDADD = $(net_test_libraries)

if NETWORK
include net/network.mk
endif
