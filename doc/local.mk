# SPDX-License-Identifier: Apache-2.0
dist_man_MANS += doc/ctr.1
EXTRA_DIST += doc/engines.md doc/tutorial.md tests/check-completion tests/check-man tests/engines

# The manual and the program say the same of verbs and options.
TESTS += tests/check-man
# What a shell completes with the script of `ctr completion`.
TESTS += tests/check-completion

# A page that is installed by another name tells of the programs by theirs.
EXTRA_DIST += doc/renamed-page
install-data-hook:
	$(srcdir)/doc/renamed-page '$(transform)' $(pkglibexec_PROGRAMS) <$(srcdir)/doc/ctr.1 \
		>'$(DESTDIR)$(man1dir)/'`echo ctr | sed '$(transform)'`.1

# What was installed works, by the names that it has there: `make installcheck`. Another name than
# ctr, for containerd has a program of that name too.
AM_DISTCHECK_CONFIGURE_FLAGS = --program-prefix=oci- $(START_CONFIGURE)
EXTRA_DIST += tests/check-install
installcheck-local:
	name=`echo ctr | sed '$(transform)'`; CTR_SRCDIR='$(abs_srcdir)' \
		CTR="$(DESTDIR)$(bindir)/$$name" CTR_PAGE="$(DESTDIR)$(man1dir)/$$name.1" \
		$(srcdir)/tests/check-install
