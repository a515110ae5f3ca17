# SPDX-License-Identifier: Apache-2.0
# Networks of containers, by libmnl and libnftnl: only ctr-net links this.
noinst_LIBRARIES += libnetwork.a
libnetwork_a_CPPFLAGS = $(AM_CPPFLAGS) $(NETWORK_CFLAGS)
libnetwork_a_SOURCES = \
	net/attach.c net/attach.h \
	net/attach_find.c \
	net/attach_links.c net/attach_links.h \
	net/attach_names.c net/attach_names.h \
	net/attach_reserve.c net/attach_reserve.h \
	net/attachments.c net/attachments.h \
	net/boot.c net/boot.h \
	net/bridge.c net/bridge.h \
	net/connect.c net/connect.h \
	net/conntrack.c net/conntrack.h \
	net/detach.c net/detach.h \
	net/device_address.c net/device_address.h \
	net/device_move.c net/device_move.h \
	net/host_sysctl.c net/host_sysctl.h \
	net/lease.c net/lease.h \
	net/link_message.c net/link_message.h \
	net/links.c net/links.h \
	net/links_leave.c net/links_leave.h \
	net/links_inside.c net/links_inside.h \
	net/links_network.c \
	net/links_plan.c \
	net/netlink.c net/netlink.h \
	net/network_host.c net/network_host.h \
	net/network_end.c net/network_end.h \
	net/network_make.c net/network_make.h \
	net/network_options.c \
	net/network_plan.c net/network_plan.h \
	net/network_store.c net/network_store.h \
	net/network_subnets.c \
	net/owned_link.c net/owned_link.h \
	net/owner.c net/owner.h \
	net/parent.c net/parent.h \
	net/port_lease.c net/port_lease.h \
	net/port_probe.c net/port_probe.h \
	net/rate.c net/rate.h \
	net/rate_program.c \
	net/reload.c net/reload.h \
	net/route.c net/route.h \
	net/rules.c net/rules.h \
	net/rules_member.c \
	net/rules_members.c net/rules_members.h \
	net/rules_plan.c net/rules_plan.h \
	net/rules_plan_bridge.c \
	net/rules_terms.h \
	net/ruleset.c net/ruleset.h net/ruleset_fields.h \
	net/ruleset_expression.c \
	net/ruleset_message.c \
	net/ruleset_notes.c \
	net/ruleset_print.c \
	net/service.c net/service.h \
	net/sweep.c net/sweep.h

network_test_libraries = libunit.a libnetwork.a libnet.a libspecs.a libbase.a $(YAJL_LIBS) \
	$(NETWORK_LIBS)
check_PROGRAMS += \
	tests/unit/test_attachment \
	tests/unit/test_lease \
	tests/unit/test_links \
	tests/unit/test_netlink \
	tests/unit/test_network_plan \
	tests/unit/test_network_store \
	tests/unit/test_port_lease \
	tests/unit/test_rules
tests_unit_test_links_SOURCES = tests/unit/test_links.c
tests_unit_test_links_CPPFLAGS = $(libnetwork_a_CPPFLAGS)
tests_unit_test_links_CFLAGS = $(AM_CFLAGS) -Wno-write-strings
tests_unit_test_links_LDADD = $(network_test_libraries)
tests_unit_test_netlink_SOURCES = tests/unit/test_netlink.c
tests_unit_test_netlink_CPPFLAGS = $(libnetwork_a_CPPFLAGS)
tests_unit_test_netlink_LDADD = $(network_test_libraries)
tests_unit_test_attachment_SOURCES = tests/unit/test_attachment.c $(scratch_dir)
tests_unit_test_attachment_CPPFLAGS = $(libnetwork_a_CPPFLAGS)
tests_unit_test_attachment_LDADD = $(network_test_libraries)
tests_unit_test_lease_SOURCES = tests/unit/test_lease.c $(scratch_dir)
tests_unit_test_lease_CPPFLAGS = $(libnetwork_a_CPPFLAGS)
tests_unit_test_lease_LDADD = $(network_test_libraries)
tests_unit_test_network_store_SOURCES = tests/unit/test_network_store.c $(scratch_dir)
tests_unit_test_network_store_CPPFLAGS = $(libnetwork_a_CPPFLAGS)
tests_unit_test_network_store_LDADD = $(network_test_libraries)
tests_unit_test_port_lease_SOURCES = tests/unit/test_port_lease.c $(scratch_dir)
tests_unit_test_port_lease_CPPFLAGS = $(libnetwork_a_CPPFLAGS)
tests_unit_test_port_lease_LDADD = $(network_test_libraries)
tests_unit_test_network_plan_SOURCES = tests/unit/test_network_plan.c
tests_unit_test_network_plan_CPPFLAGS = $(libnetwork_a_CPPFLAGS)
tests_unit_test_network_plan_CFLAGS = $(AM_CFLAGS) -Wno-write-strings
tests_unit_test_network_plan_LDADD = $(network_test_libraries)
EXTRA_DIST += \
	tests/unit/golden/network-plan-errors.txt \
	tests/unit/golden/network-plan.txt \
	tests/unit/golden/rules_internal.nft \
	tests/unit/golden/rules_shared.nft \
	tests/unit/golden/rules_web.nft
tests_unit_test_rules_SOURCES = tests/unit/test_rules.c
tests_unit_test_rules_CPPFLAGS = $(libnetwork_a_CPPFLAGS)
tests_unit_test_rules_LDADD = $(network_test_libraries)
