#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What a shell offers after "hale", and that each shell can read it.

. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/statuslib.sh"

for shell in bash zsh fish; do
	sh "$TOP/mk/completion.sh" $shell "$HALE" >$shell.out
	is $? 0 "a completion for $shell"
	if command -v $shell >/dev/null; then
		check "  that $shell can read" $shell -n $shell.out
	else
		skip "  that $shell can read" "no $shell"
	fi
done
cat >ask.sh <<'S'
. "$1/bash.out"
hale() { "$HALE" "$@"; }
shift
COMP_WORDS=(hale "$@")
COMP_CWORD=$#
_hale
echo "${COMPREPLY[*]}"
S
offers() { HALE=$HALE bash ask.sh "$T" "$@"; }
is "$(offers sta)" "status start" "verbs"
is "$(offers --sandbox '')" "none default strict" "the words of an option"
is "$(offers --restart o)" on-failure "  without their arguments"
is "$(offers run --stop-)" "--stop-signal --stop-grace-period" "options"
is "$(offers health --k)" --kind "options of a verb"
is "$(offers health --kind l)" live "  and their words"
is "$(offers events --)" "--follow --json" "  all of them, by its own help"
missing=''
for option in $("$HALE" --help | grep -oE '^  (-.,|   ) --[a-z-]+' | grep -oE -- '--.*'); do
	[ "$(offers run "$option" | tr ' ' '\n' | grep -cx -- "$option")" = 1 ] ||
		missing+=" $option"
done
is "$missing" "" "every option of --help is offered"
printf 'services: {main: {command: [sleep, "1000"]}, mail: {command: [sleep, "1000"]}}\n' >c.yaml
pid1_start run -c c.yaml
served
is "$(HALE=$HALE inside bash "$T/ask.sh" "$T" restart ma)" "main mail" \
    "services, as they are now"
if command -v fish >/dev/null; then
	mkdir bin home && ln -s "$HALE" bin/hale
	in_fish() { inside env HOME="$T/home" PATH="$T/bin:$PATH" fish -N -c \
	    "source $T/fish.out; complete -C '$1'" | tr '\n' ' '; }
	is "$(in_fish 'hale restart ma')" "mail main " "  in fish, too"
	is "$(in_fish 'hale health --kind l')" "live " "  and the words of options"
	like "$(in_fish 'hale status --w')" "--watch" "  and options of a verb"
else
	skip "  in fish, too" "no fish"
fi
pid1_signal TERM
pid1_wait 10
done_testing
