# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = net/loopback.c net/loopback.h
