#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The status page in a real browser.  SHOTS=DIR keeps its pictures.

BLACKBOX_NET=own
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/statuslib.sh"
command -v chromium >/dev/null || {
	skip "the status page" "no chromium"
	done_testing
}

touch ok
cat >c.yaml <<Y
services:
  api:
    command: [sleep, "1000"]
    healthcheck: {file: $T/ok, interval: 200ms, retries: 2, on_unhealthy: none}
hale: {listen: "127.0.0.1:10495"}
Y
pid1_start run -c c.yaml
served
wait_for 10 inside "$HALE" health --wait=10s >/dev/null
[ "$(inside curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:10495/)" = 200 ] || {
	skip "the status page" "built with PAGE=none"
	done_testing
}
browse() # CHROMIUM-OPTION...
{
	timeout 60 chromium --headless --no-sandbox --disable-gpu \
	    --disable-dev-shm-usage --user-data-dir="$T/profile" \
	    --virtual-time-budget=3000 "$@" http://127.0.0.1:10495/ 2>chromium.log
}
browse --dump-dom >dom
like "$(cat dom)" '<span class="name">api</span>' "it shows the services"
like "$(cat dom)" 'id="health" class="word">healthy<' "  how they are"
like "$(cat dom)" '<rect [^>]*class="pass"' "  and the last results of their probes"
like "$(cat dom)" 'starting → up' "  and what happened"
like "$(cat dom)" '<title>healthy · hale</title>' "  even in the title"
rm ok
wait_for 20 eval '! inside "$HALE" health >/dev/null'
browse --dump-dom >dom
like "$(cat dom)" "class=\"why\">api: unhealthy \(file $T/ok: no such file" \
    "it says what is wrong"
like "$(cat dom)" '<rect [^>]*class="fail"' "  and since when"
for size in 1000,900 390,1200; do
	browse --hide-scrollbars --window-size=$size --screenshot="$T/page-$size.png"
	check "a picture of $size" [ "$(wc -c <"page-$size.png")" -gt 10000 ]
done
[ -z "${SHOTS:-}" ] || cp page-*.png "$SHOTS/"
pid1_signal TERM
pid1_wait 20
done_testing
