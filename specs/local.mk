# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libspecs.a
libspecs_a_SOURCES = \
	specs/image_document.c specs/image_document.h \
	specs/json.c specs/json.h \
	specs/json_writer.c specs/json_writer.h \
	specs/optional.h \
	specs/runtime_spec.c specs/runtime_spec.h \
	specs/schema.c specs/schema.h \
	specs/schema_encode.c \
	specs/template.c \
	specs/utf8.h \
	specs/validate.c specs/validate.h \
	specs/validate_linux.c \
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
	specs/examples/readonly.json \
	specs/examples/seccomp.json \
	specs/examples/shell.json \
	specs/examples/terminal.json \
	specs/examples/userns.json
schemadir = $(pkgdatadir)/schema
dist_schema_DATA = \
	specs/schema/network.schema.json \
	specs/schema/overlay.schema.json
