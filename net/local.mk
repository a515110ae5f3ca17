# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	net/interfaces.c net/interfaces.h \
	net/loopback.c net/loopback.h

check_PROGRAMS += tests/unit/test_interfaces
tests_unit_test_interfaces_SOURCES = tests/unit/test_interfaces.c
tests_unit_test_interfaces_LDADD = libunit.a libnet.a libspecs.a libbase.a $(YAJL_LIBS)
