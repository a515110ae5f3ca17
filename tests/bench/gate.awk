# SPDX-License-Identifier: Apache-2.0
# awk -v order="VERB..." -f gate.awk KEPT COUNTED: compares two files of tests/bench/gate, a line for
# each verb that COUNTED has, as TAP. With -v update=1 -v out=FILE writes FILE instead: KEPT with
# the stanzas of COUNTED in the place of its own.

function growth(before, after) {
	if (before + 0 == 0)
		return after + 0 == 0 ? 0 : 100
	return (after - before) * 100 / before
}

# which system calls there are more of than before
function grown(name, text, i, more) {
	for (i = 1; i <= kinds[2, name]; i++) {
		kind = list[2, name, i]
		more = value[2, name, "." kind] - value[1, name, "." kind]
		if (more > 0)
			text = text (text ? ", " : ": ") kind " " value[1, name, "." kind] + 0 " -> " \
				value[2, name, "." kind]
	}
	return text
}

function compare(name, i, counter, before, after, text, bad, good) {
	for (i = 1; i <= counters; i++) {
		counter = counter_name[i]
		before = value[1, name, counter]
		after = value[2, name, counter]
		if (before == "" && after == "")
			continue
		text = text (text ? ", " : " ") counter " " after
		if (before == "" || growth(before, after) > allowed[counter])
			bad = bad "\nnot ok - " name ": " counter " " before " -> " after \
				sprintf(" (%+.1f %%, %d allowed)", growth(before, after),
				allowed[counter]) (counter == "calls" ? grown(name) : "")
		else if (growth(before, after) < -3 && counter != "faults")
			good = good "\n# " name ": " counter " " before " -> " after \
				": keep the gain: make bench-gate-update"
	}
	if (bad)
		failed = 1
	print (bad ? substr(bad, 2) : "ok - " name ":" text) good
}

BEGIN {
	counters = split("calls instructions forks execs faults", counter_name)
	# how much each may grow, in percent
	allowed["calls"] = 3
	allowed["instructions"] = 3
	allowed["forks"] = 0
	allowed["execs"] = 0
	allowed["faults"] = 10
}
FNR == 1 { head[++file] = $0; next }
/^[^\t]/ { name = $1 }
{
	inner = /^\t/
	text[file, name] = text[file, name] $0 "\n"
	for (i = inner ? 1 : 2; i < NF; i += 2) {
		value[file, name, (inner ? "." : "") $i] = $(i + 1)
		if (inner)
			list[file, name, ++kinds[file, name]] = $i
	}
}
END {
	count = split(order, names)
	if (update)
		print head[2] >out
	for (i = 1; i <= count; i++)
		if (update)
			printf "%s", text[((2, names[i]) in text ? 2 : 1), names[i]] >out
		else if ((2, names[i]) in text)
			compare(names[i])
	exit failed
}
