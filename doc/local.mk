# SPDX-License-Identifier: Apache-2.0
dist_man_MANS += doc/ctr.1
EXTRA_DIST += doc/tutorial.md tests/check-completion tests/check-man \
	tests/engines/run tests/engines/inside tests/engines/podman tests/engines/docker

# The manual and the program say the same of verbs and options.
TESTS += tests/check-man
# What a shell completes with the script of `ctr completion`.
TESTS += tests/check-completion
