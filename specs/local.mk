# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libspecs.a
libspecs_a_SOURCES = \
	specs/address.c specs/address.h \
	specs/annotations.c \
	specs/docker_document.c specs/docker_document.h \
	specs/events.c specs/events.h \
	specs/features.c specs/features.h \
	specs/host_name.c specs/host_name.h \
	specs/image_change.c specs/image_change.h \
	specs/image_document.c specs/image_document.h \
	specs/json.c specs/json.h \
	specs/json_bytes.c specs/json_bytes.h \
	specs/json_writer.c specs/json_writer.h \
	specs/network_attachment.c specs/network_document.h specs/network_rows.h \
	specs/network_document.c specs/network_name.c specs/network_request.c \
	specs/optional.h \
	specs/port.c specs/port.h \
	specs/runtime_spec.c specs/runtime_spec.h \
	specs/schema.c specs/schema.h \
	specs/schema_decode.h \
	specs/schema_encode.c \
	specs/schema_place.c \
	specs/schema_values.c \
	specs/sysctl_name.c specs/sysctl_name.h \
	specs/template.c \
	specs/uint_map.h \
	specs/utf8.h \
	specs/bit_rate.c specs/bit_rate.h \
	specs/network_mode.c \
	specs/validate.c specs/validate.h \
	specs/validate_linux.c \
	specs/validate_network.c \
	specs/validate_network_names.c \
	specs/validate_support.c \
	specs/validate_sysctl.c \
	specs/yajl_arena.h
libspecs_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAJL_CFLAGS)

# Examples and JSON Schemas go with the program's data.
examplesdir = $(pkgdatadir)/examples
dist_examples_DATA = \
	specs/examples/background.json \
	specs/examples/hello.json \
	specs/examples/hooks.json \
	specs/examples/limits.json \
	specs/examples/network.json \
	specs/examples/readonly.json \
	specs/examples/seccomp.json \
	specs/examples/shell.json \
	specs/examples/terminal.json \
	specs/examples/userns.json
schemadir = $(pkgdatadir)/schema
dist_schema_DATA = \
	specs/schema/network.schema.json \
	specs/schema/overlay.schema.json

# What these link is what a folder may use: its own library and those below.
specs_test_libraries = libunit.a libspecs.a libbase.a $(YAJL_LIBS)
check_PROGRAMS += \
	tests/unit/test_address \
	tests/unit/test_events \
	tests/unit/test_image_change \
	tests/unit/test_image_document \
	tests/unit/test_json \
	tests/unit/test_network_document \
	tests/unit/test_port \
	tests/unit/test_runtime_spec \
	tests/unit/test_schema \
	tests/unit/test_template \
	tests/unit/test_validate \
	tests/unit/test_validate_network
tests_unit_test_address_SOURCES = tests/unit/test_address.c
tests_unit_test_address_LDADD = $(specs_test_libraries)
tests_unit_test_events_SOURCES = tests/unit/test_events.c
tests_unit_test_events_LDADD = $(specs_test_libraries)
tests_unit_test_image_change_SOURCES = tests/unit/test_image_change.c
tests_unit_test_image_change_LDADD = $(specs_test_libraries)
tests_unit_test_image_document_SOURCES = tests/unit/test_image_document.c
tests_unit_test_image_document_LDADD = $(specs_test_libraries)
tests_unit_test_json_SOURCES = tests/unit/test_json.c
tests_unit_test_json_LDADD = $(specs_test_libraries)
tests_unit_test_network_document_SOURCES = tests/unit/test_network_document.c
tests_unit_test_network_document_LDADD = $(specs_test_libraries)
tests_unit_test_port_SOURCES = tests/unit/test_port.c
tests_unit_test_port_LDADD = $(specs_test_libraries)
tests_unit_test_runtime_spec_SOURCES = tests/unit/test_runtime_spec.c
tests_unit_test_runtime_spec_LDADD = $(specs_test_libraries)
tests_unit_test_schema_SOURCES = tests/unit/test_schema.c
tests_unit_test_schema_LDADD = $(specs_test_libraries)
tests_unit_test_template_SOURCES = tests/unit/test_template.c
tests_unit_test_template_LDADD = $(specs_test_libraries)
tests_unit_test_validate_SOURCES = tests/unit/test_validate.c
tests_unit_test_validate_LDADD = $(specs_test_libraries)
tests_unit_test_validate_network_SOURCES = tests/unit/test_validate_network.c
tests_unit_test_validate_network_LDADD = $(specs_test_libraries)
EXTRA_DIST += \
	tests/unit/golden/network-document.json \
	tests/unit/golden/spec-decode-errors.txt \
	tests/unit/golden/spec-full.json \
	tests/unit/golden/spec-image-errors.txt \
	tests/unit/golden/spec-json-errors.txt \
	tests/unit/golden/spec-schema-errors.txt \
	tests/unit/golden/spec-sysctl.txt \
	tests/unit/golden/spec-template-rootless.json \
	tests/unit/golden/spec-template.json \
	tests/unit/golden/spec-network-errors.txt \
	tests/unit/golden/spec-unsupported-errors.txt \
	tests/unit/golden/spec-validate-errors.txt
