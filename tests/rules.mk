# SPDX-License-Identifier: Apache-2.0
# The suites beside `make check` (tests/unit, which needs no root), and their programs.
EXTRA_DIST += .ci/run .clang-format .clang-tidy .editorconfig tests/bench/bench.py tests/bench/layers \
	tests/bench/layers.py tests/bench/limit tests/bench/live tests/bench/live.py tests/bench/net \
	tests/bench/net.py tests/bench/peers tests/bench/run \
	tests/bench/gate tests/bench/gate.awk tests/bench/gate.counts tests/bench/suite tests/lint \
	tests/integration tests/run-bats tests/run-guest tests/run-valgrind tests/vm

bench_programs = tests/bench/count tests/bench/filter tests/bench/floor tests/bench/floor_verbs \
	tests/bench/gate_count tests/bench/inside tests/bench/lookup tests/bench/nothing tests/bench/spawn tests/bench/trips
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs) bench.json bench.png
tests_bench_count_SOURCES = tests/bench/count.c
tests_bench_count_LDFLAGS = $(AM_LDFLAGS) -static
tests_bench_filter_SOURCES = tests/bench/filter.c
tests_bench_filter_LDFLAGS = $(AM_LDFLAGS) -static
tests_bench_floor_SOURCES = tests/bench/floor.c
tests_bench_floor_LDFLAGS = $(AM_LDFLAGS) -static
tests_bench_floor_verbs_SOURCES = tests/bench/floor_verbs.c
tests_bench_floor_verbs_LDFLAGS = $(AM_LDFLAGS) -static
tests_bench_inside_SOURCES = tests/bench/inside.c
tests_bench_inside_LDFLAGS = $(AM_LDFLAGS) -static
tests_bench_lookup_SOURCES = tests/bench/lookup.c
tests_bench_lookup_LDFLAGS = $(AM_LDFLAGS) -static
tests_bench_gate_count_SOURCES = tests/bench/gate_count.c
tests_bench_gate_count_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
tests_bench_gate_count_LDADD = $(SECCOMP_LIBS)
tests_bench_nothing_SOURCES = tests/bench/nothing.c
tests_bench_nothing_LDFLAGS = $(AM_LDFLAGS) -static
tests_bench_spawn_SOURCES = tests/bench/spawn.c
tests_bench_spawn_LDFLAGS = $(AM_LDFLAGS) -static
tests_bench_trips_SOURCES = tests/bench/trips.c
tests_bench_trips_LDFLAGS = $(AM_LDFLAGS) -static

if NETWORK
EXTRA_PROGRAMS += tests/bench/attach
bench_programs += tests/bench/attach
tests_bench_attach_SOURCES = tests/bench/attach.c
tests_bench_attach_LDADD = libnet.a libspecs.a libbase.a $(CTR_STATIC_LIBS)
tests_bench_attach_LDFLAGS = $(AM_LDFLAGS) -static
endif

# Which functions a start executes, so that the linker has them side by side (cli/start.ld).
EXTRA_PROGRAMS += tests/bench/touched
CLEANFILES += tests/bench/touched
EXTRA_DIST += tests/bench/order
tests_bench_touched_SOURCES = tests/bench/touched.c
start-order: all tests/bench/touched
	$(top_srcdir)/tests/bench/order --build $(abs_top_builddir)

check-root: all check-programs
	$(top_srcdir)/tests/run-bats -b $(abs_top_builddir)

# The hundred commits of tests/integration/stress.bats, of which check-root takes a few.
stress: all check-programs
	STRESS_COMMITS=100 CTR_TEST_TIMEOUT=3600 $(top_srcdir)/tests/run-bats -b $(abs_top_builddir) \
		tests/integration/stress.bats

check-guest: all check-programs
	$(top_srcdir)/tests/run-guest -b $(abs_top_builddir)

check-engines: all check-programs
	ENGINES_PARTS=all $(top_srcdir)/tests/engines/run -s trixie -b $(abs_top_builddir) -t 3600
	ENGINES_PARTS=all $(top_srcdir)/tests/engines/run -g -b $(abs_top_builddir) -t 7200

# The long form of power.bats: every flush, and eight moments between each two.
check-power: all check-programs
	for fs in ext4 xfs; do \
		CTR_TEST_TIMEOUT=3600 CTR_POWER_FS=$$fs CTR_POWER_STRIDE=1 CTR_POWER_SAMPLES=8 \
			$(top_srcdir)/tests/run-bats -b $(abs_top_builddir) \
			$(top_srcdir)/tests/integration/power.bats || exit 1; \
	done

lint:
	$(top_srcdir)/tests/lint

lint-full:
	$(top_srcdir)/tests/lint --full

# The samples and a picture of what grows are left in the build folder.
bench: all $(bench_programs)
	$(top_srcdir)/tests/bench/run --build $(abs_top_builddir) --json bench.json --plot bench.png

bench-limit: all $(bench_programs)
	$(top_srcdir)/tests/bench/limit --build $(abs_top_builddir)

bench-gate: all tests/bench/gate_count
	$(top_srcdir)/tests/bench/gate --build $(abs_top_builddir)

bench-gate-update: all tests/bench/gate_count
	$(top_srcdir)/tests/bench/gate --build $(abs_top_builddir) --update

bench-layers: all $(bench_programs)
	$(top_srcdir)/tests/bench/layers --build $(abs_top_builddir)

bench-live: all
	$(top_srcdir)/tests/bench/live --build $(abs_top_builddir)

bench-net: all $(bench_programs)
	$(top_srcdir)/tests/bench/net --build $(abs_top_builddir)

.PHONY: check-root stress check-guest check-power check-engines lint lint-full bench bench-gate bench-gate-update bench-layers \
	bench-limit bench-live bench-net
