# SPDX-License-Identifier: MIT
# picture.awk - bars for the figures that a reader wants first, two columns of
# panels, shorter is better in all of them.

BEGIN {
	FS = "\t"
	split("hale tini tini-static dumb-init catatonit floor", row, " ")
	panel("exec to the child's first instruction", "start", "start_us_p50", "µs")
	panel("SIGTERM to namespace gone", "stop", "stop_us_p50", "µs")
	panel("memory charged to the container", "charge", "charged_kb", "kB")
	panel("private memory at rest", "idle", "dirty_kb", "kB")
	panel("system calls, exec to exec", "trace", "calls", "")
	panel("wake-ups a minute at rest", "idle", "wakeups_per_min", "")
	panel("CPU per orphan, 1,000 living beside", "orphan", "living_cpu_ns_p50", "ns")
	panel("size with all libraries", "size", "bytes_with_libraries", "B")
	bar = 15; gap = 5; width = 380; name_width = 84; value_width = 82
}

function panel(title, bench, key, unit) {
	panels++
	title_of[panels] = title; bench_of[panels] = bench
	key_of[panels] = key; unit_of[panels] = unit
}

$1 == "about" { about[$2] = $3; next }
$2 != "-" { value[$1, $2, $3] = $4; seen[$2] = 1 }

function style() {
	print "<style>"
	print "text{font:12px system-ui,sans-serif;fill:#1f2328}"
	print ".t{font-weight:600}.s{fill:#59636e}"
	print ".b{fill:#8c959f}.h{fill:#0969da}.f{fill:#d1d9e0}"
	print "@media(prefers-color-scheme:dark){text{fill:#f0f6fc}"
	print ".s{fill:#9198a1}.b{fill:#656c76}.h{fill:#4493f8}.f{fill:#3d444d}}"
	print "</style>"
}

function human(x, unit) {
	if (unit == "B")
		return sprintf(x < 10000 ? "%.1f kB" : "%d kB", x / 1000)
	if (x != int(x) && x < 100)
		x = sprintf("%.1f", x)
	else
		x = sprintf("%d", x + 0.5)
	return unit == "" ? x : x " " unit
}

function greatest(p, i, x, most) {
	for (i = 1; i in row; i++) {
		x = value[bench_of[p], row[i], key_of[p]] + 0
		if (x > most)
			most = x
	}
	return most > 0 ? most : 1
}

function draw(p, x0, y0, i, y, x, long, class, most) {
	printf "<text class=\"t\" x=\"%d\" y=\"%d\">%s</text>\n",
	    x0, y0, title_of[p]
	most = greatest(p)
	y = y0 + 10
	for (i = 1; i in row; i++) {
		if (!((bench_of[p], row[i], key_of[p]) in value))
			continue
		x = value[bench_of[p], row[i], key_of[p]]
		long = x / most * (width - name_width - value_width)
		class = row[i] == "hale" ? "h" : row[i] == "floor" ? "f" : "b"
		printf "<text class=\"s\" x=\"%d\" y=\"%d\">%s</text>\n",
		    x0, y + 12, row[i]
		printf "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" " \
		    "height=\"%d\" rx=\"2\"/>\n", class, x0 + name_width, y,
		    long < 1 ? 1 : long, bar
		printf "<text x=\"%.1f\" y=\"%d\">%s</text>\n",
		    x0 + name_width + long + 6, y + 12,
		    human(x, unit_of[p])
		y += bar + gap
	}
}

END {
	for (i = 1; i in row; i++)
		rows += (row[i] in seen)
	high = 34 + rows * (bar + gap)
	tall = int((panels + 1) / 2) * high + 66
	wide = 2 * width + 60
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" " \
	    "height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" " \
	    "aria-label=\"hale beside other inits\">\n", wide, tall, wide, tall
	style()
	printf "<text class=\"t\" x=\"20\" y=\"26\">hale beside other " \
	    "inits, shorter is better</text>\n"
	for (p = 1; p <= panels; p++)
		draw(p, 20 + (p - 1) % 2 * (width + 20),
		    58 + int((p - 1) / 2) * high)
	printf "<text class=\"s\" x=\"20\" y=\"%d\">%s, %s, %s</text>\n",
	    tall - 12, about["kernel"], about["cpu"], substr(about["date"], 1, 10)
	print "</svg>"
}
