# SPDX-License-Identifier: MIT
# report.awk - reads about.tsv, results.tsv and figures.tsv, prints the table
# and writes everything as JSON to the file named by -v json=.

BEGIN {
	FS = "\t"
	order = "hale floor floor-musl tini tini-static dumb-init catatonit"
	split(order, wanted, " ")
	peers = "tini tini-static dumb-init catatonit"
	split(peers, peer, " ")
}

$1 == "about" { about[++abouts] = $2; about_value[abouts] = $3; next }
$1 == "version" { versions[++version_count] = $2; version[$2] = $3; next }
FILENAME ~ /results/ {
	if ($2 == "-")
		next
	value[$1, $2, $3] = $4
	if (!($2 in seen)) {
		seen[$2] = 1
		subject[++subjects] = $2
	}
	line[++lines] = $1 SUBSEP $2 SUBSEP $3
	next
}
/^#/ { next }
{
	figures++
	label[figures] = $1; bench[figures] = $2; key[figures] = $3
	kind[figures] = $4; unit[figures] = $5; must[figures] = $6
	aim[figures] = $7
}

function has(f, who) { return (bench[f], who, key[f]) in value }
function get(f, who) { return value[bench[f], who, key[f]] }

# What the limits are about: the value, or its ratio to the floor's.
function limited(f, who) {
	if (kind[f] != "ratio")
		return get(f, who)
	return has(f, "floor") && get(f, "floor") > 0 ? \
	    get(f, who) / get(f, "floor") : 0
}

function verdict(f, who, x) {
	if (kind[f] == "info" || !has(f, who))
		return ""
	x = limited(f, who)
	if (kind[f] == "high")
		return x >= aim[f] ? "aim" : x >= must[f] ? "must" : "MISSED"
	return x <= aim[f] ? "aim" : x <= must[f] ? "must" : "MISSED"
}

# Hale's value against the best peer's: below 1 is better, for high ones above.
function against_peers(f, i, best, x) {
	best = ""
	for (i = 1; i in peer; i++) {
		if (!has(f, peer[i]))
			continue
		x = get(f, peer[i])
		if (best == "" || (kind[f] == "high" ? x > best : x < best))
			best = x
	}
	if (best == "" || best == 0 || !has(f, "hale"))
		return ""
	return sprintf("%.2fx", get(f, "hale") / best)
}

function short(f, x) {
	if (unit[f] == "x")
		return sprintf("%.3fx", x)
	if (x == int(x))
		return sprintf("%d", x)
	return x < 100 ? sprintf("%.2f", x) : sprintf("%d", x)
}

function limit(f, x) {
	if (x == "")
		return ""
	return x (unit[f] == "x" || kind[f] == "ratio" ? "x" : "")
}

# awk counts bytes: pads by what the eye sees.
function pad(text, width, n, copy) {
	copy = text
	n = length(text) - gsub(/…/, "", copy) * (length("…") - 1)
	while (n++ < width)
		text = text " "
	return text
}

function table(f, i, name, cell) {
	printf "%s %7s %7s", pad("figure", 34), "must", "aim"
	for (i = 1; i in wanted; i++)
		if (wanted[i] in seen)
			printf " %11s", wanted[i]
	printf " %8s %s\n", "x peer", "hale"
	for (f = 1; f <= figures; f++) {
		printf "%s %7s %7s", pad(label[f], 34),
		    limit(f, must[f]), limit(f, aim[f])
		for (i = 1; i in wanted; i++) {
			name = wanted[i]
			if (!(name in seen))
				continue
			cell = has(f, name) ? short(f, get(f, name)) : "-"
			printf " %11s", cell
		}
		printf " %8s %s\n", against_peers(f), verdict(f, "hale")
	}
}

function ask_table(i, s, name) {
	printf "\n%s %11s %11s %9s %9s\n", pad("one health check, fork to wait", 34),
	    "us", "cpu us", "x floor", "cpu x"
	for (s = 1; s <= subjects; s++) {
		name = subject[s]
		if (!(("ask", name, "ask_us_p50") in value))
			continue
		printf "%s %11d %11d %8.2fx %8.2fx\n",
		    pad(name == "hale" ? "hale health" : name, 34),
		    value["ask", name, "ask_us_p50"],
		    value["ask", name, "ask_cpu_us_p50"],
		    value["ask", name, "ask_us_x"],
		    value["ask", name, "ask_cpu_us_x"]
	}
}

# What each further service makes a supervisor dirty, in kB.
function further_kb(who, n) {
	return (value["sup", who, "dirty_kb_" n "_p50"] - \
	    value["sup", who, "dirty_kb_1_p50"]) / (n - 1)
}

function sup_row(title, bench, who, key, must, aim) {
	if (!((bench, who, key "_p50") in value))
		return
	printf "%s %7s %7s %11d %11d %8.2fx\n", pad(title, 34), must, aim,
	    value[bench, "floor", key "_p50"],
	    value[bench, who, key "_p50"], value[bench, who, key "_x"]
}

function sup_table(n) {
	printf "\n%s %7s %7s %11s %11s %9s\n", pad("supervisor, us", 34),
	    "must", "aim", "floorsup", "hale", "x floor"
	sup_row("1 service: its first instruction", "first", "hale",
	    "first_us", "3x", "2x")
	sup_row("... with sandbox: none", "first", "hale-none", "first_us",
	    "", "")
	sup_row("100 services up", "sup", "hale", "up_us_100", "1.9x", "1.3x")
	sup_row("1000 services up", "sup", "hale", "up_us_1000", "3x", "1.3x")
	sup_row("restart after kill -9, of 100", "sup", "hale",
	    "restart_us_100", "2x", "1.4x")
	sup_row("orderly stop of 100", "sup", "hale", "gone_us_100", "1.6x", "1.3x")
	for (n = 100; n <= 1000; n *= 10)
		if (("sup", "hale", "dirty_kb_" n "_p50") in value)
			printf "%s %7s %7s %11.2f %11.2f\n",
			    pad("kB dirtied per further one, of " n, 34), "1",
			    "0.4", further_kb("floor", n), further_kb("hale", n)
}

function probe_row(title, key, must, aim, digits) {
	if (!(("probe", "hale", key) in value))
		return
	printf "%s %7s %7s %11." digits "f %11." digits "f", pad(title, 34),
	    must, aim, value["probe", "floor", key], value["probe", "hale", key]
	if (must ~ /x$/)
		printf " %8.2fx", value["probe", "hale", key] / \
		    value["probe", "floor", key]
	print ""
}

# Ratios of medians: a round is one life, and the paired one is in the JSON.
function probe_table() {
	if (!(("probe", "hale", "http_cpu_us_p50") in value))
		return
	printf "\n%s %7s %7s %11s %11s %9s\n", pad("probes of PID 1", 34),
	    "must", "aim", "floor", "hale", "x floor"
	probe_row("one http, CPU us, all in", "http_cpu_us_p50", "1.5x", "1.2x", 0)
	if (("probe", "curl", "http_cpu_us_p50") in value)
		printf "%s %7s %7s %11d %11d %8.3fx\n",
		    pad("… against fork + curl -sf", 34), "0.067x", "",
		    value["probe", "curl", "http_cpu_us_p50"],
		    value["probe", "hale", "http_cpu_us_p50"],
		    value["probe", "hale", "http_cpu_us_p50"] / \
		    value["probe", "curl", "http_cpu_us_p50"]
	if (("probe", "sandboxed", "http_cpu_us_p50") in value)
		printf "%s %7s %7s %11d %11d %8.2fx\n",
		    pad("… against one in the same sandbox", 34), "", "",
		    value["probe", "sandboxed", "http_cpu_us_p50"],
		    value["probe", "hale", "http_cpu_us_p50"],
		    value["probe", "hale", "http_cpu_us_p50"] / \
		    value["probe", "sandboxed", "http_cpu_us_p50"]
	probe_row("one exec, CPU us, all in", "exec_cpu_us_p50", "2x", "1.3x", 0)
	probe_row("500 a second, % of a core", "rate_core_percent_p50", "20",
	    "10", 1)
	probe_row("… drift of the rate, %", "rate_drift_percent_p50", "1", "", 3)
	probe_row("… wake-ups for 10 at a time", "rate_wakeups_a_round_p50",
	    "11", "", 2)
}

function quoted(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	gsub(/[\001-\037]/, " ", text)
	return "\"" text "\""
}

function json_about(i) {
	printf "{\n  \"about\": {" >json
	for (i = 1; i <= abouts; i++)
		printf "%s\n    %s: %s", (i > 1 ? "," : ""), quoted(about[i]),
		    quoted(about_value[i]) >json
	printf "\n  },\n  \"versions\": {" >json
	for (i = 1; i <= version_count; i++)
		printf "%s\n    %s: %s", (i > 1 ? "," : ""), quoted(versions[i]),
		    quoted(version[versions[i]]) >json
	printf "\n  },\n" >json
}

function json_figures(f, comma) {
	printf "  \"figures\": [" >json
	for (f = 1; f <= figures; f++) {
		if (kind[f] == "info" || !has(f, "hale"))
			continue
		printf "%s\n    {\"figure\": %s, \"must\": %s, \"aim\": %s, " \
		    "\"hale\": %s, \"verdict\": %s}", comma,
		    quoted(bench[f] "." key[f]), must[f], aim[f],
		    limited(f, "hale"), quoted(verdict(f, "hale")) >json
		comma = ","
	}
	printf "\n  ],\n" >json
}

function json_results(i, s, p, name, comma) {
	printf "  \"results\": {" >json
	for (s = 1; s <= subjects; s++) {
		name = subject[s]
		printf "%s\n    %s: {", (s > 1 ? "," : ""), quoted(name) >json
		comma = ""
		for (i = 1; i <= lines; i++) {
			split(line[i], p, SUBSEP)
			if (p[2] != name)
				continue
			printf "%s\n      %s: %s", comma,
			    quoted(p[1] "." p[3]), value[p[1], p[2], p[3]] >json
			comma = ","
		}
		printf "\n    }" >json
	}
	printf "\n  }\n}\n" >json
}

END {
	for (i = 1; i <= abouts; i++)
		printf "%s%s %s", (i > 1 ? ", " : ""), about[i], about_value[i]
	printf "\n\n"
	table()
	ask_table()
	probe_table()
	sup_table()
	json_about()
	json_figures()
	json_results()
}
