#!/bin/sh
# SPDX-License-Identifier: MIT
# completion.sh bash|zsh|fish HALE: a completion script, made of what HALE --help
# prints, which is made of the tables of options and verbs. Names of services
# are asked of the hale that runs.
set -eu
shell=$1
hale=$2
help=$("$hale" --help)

# LONG LETTER ARGUMENT HELP, separated by tabs; - for none
options() {
	printf '%s\n' "$help" | awk '
	function put() {
		if (long != "") printf "%s\t%s\t%s\t%s\n", long, letter, argument, text
		long = ""
	}
	/^Verbs:/ { put(); exit }
	/^  (-.,|   ) --/ {
		put()
		letter = $1 ~ /^-.,$/ ? substr($1, 2, 1) : "-"
		line = substr($0, 7)
		word = line; sub(/ .*/, "", word)
		rest = substr(line, length(word) + 1)
		long = word; argument = "-"
		if (sub(/\[=.*/, "", long)) argument = "-"
		else if (rest ~ /^ [^ ]/) {
			argument = substr(rest, 2); sub(/ .*/, "", argument)
			rest = substr(rest, length(argument) + 2)
		}
		text = rest; sub(/^ +/, "", text)
		next
	}
	long != "" { text = $0; sub(/^ +/, "", text) }'
}

verbs() {
	printf '%s\n' "$help" | awk '/^Verbs:/ { on = 1; next } /^$/ { on = 0 } on && /^  [a-z]/ { print $1 }'
}

# Of one verb, by its own help.
verb_options() {
	"$hale" help "$1" | sed -n 's/^  \(-[a-z], \)*\(--[a-z][a-z-]*\).*/\2/p'
}

# Words that one of several may be: none|restart|shutdown
choices() {
	case $1 in
	*PATH* | *ADDR*) ;;
	*'|'*) echo "$1" | sed 's/\[[^]]*\]//g; y/|/ /' ;;
	esac
}

services="hale metrics 2>/dev/null | sed -n 's/^hale_service_up{service=\"\\(.*\\)\"}.*/\\1/p'"
on_service='health|status|exec|start|stop|restart|reload|inspect'
line() { tr '\n|' '  '; }

in_bash() {
	cat <<-T
	# bash completion of hale; made by mk/completion.sh
	_hale() {
		local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
		local verb=\${COMP_WORDS[1]} words=
		COMPREPLY=()
		case \$prev in
	T
	options | while IFS='	' read -r long letter argument text; do
		words=$(choices "$argument")
		if [ -n "$words" ]; then
			echo "	$long) words='$words' ;;"
		elif [ "$argument" = FILE ] || [ "$argument" = PROFILE ]; then
			[ "$letter" = - ] || long="$long|-$letter"
			echo "	$long) COMPREPLY=(\$(compgen -f -- \"\$cur\")); return ;;"
		fi
	done
	cat <<-T
		--kind) words='ready live startup' ;;
		esac
		if [ -n "\$words" ]; then
			:
		elif [ "\$COMP_CWORD" = 1 ] && [ "\${cur#-}" = "\$cur" ]; then
			words='$(verbs | line)'
		elif [ "\${cur#-}" != "\$cur" ]; then
			case \$verb in
	T
	for verb in $(verbs); do
		[ -z "$(verb_options "$verb")" ] || [ "$verb" = run ] ||
			echo "			$verb) words='$(verb_options "$verb" | line)' ;;"
	done
	cat <<-T
			*) words='$(options | cut -f 1 | line)' ;;
			esac
		else
			case \$verb in
			$on_service) words=\$($services) ;;
			signal)
				words='HUP INT QUIT KILL USR1 USR2 TERM CONT STOP WINCH'
				[ "\$COMP_CWORD" -lt 3 ] || words=\$($services) ;;
			help) words='$(verbs | line)' ;;
			esac
		fi
		# shellcheck disable=SC2207 # split at blanks
		COMPREPLY=(\$(compgen -W "\$words" -- "\$cur"))
	}
	complete -o default -F _hale hale
	T
}

in_zsh() {
	cat <<-T
	#compdef hale
	# zsh completion of hale; made by mk/completion.sh
	local -a verbs options services
	verbs=($(verbs | line))
	options=(
	T
	options | while IFS='	' read -r long letter argument text; do
		text=$(printf %s "$text" | sed "s/'/'\\\\''/g; s/:/\\\\:/g")
		echo "	'$long:$text'"
	done
	cat <<-T
	)
	case \$words[CURRENT-1] in
	T
	options | while IFS='	' read -r long letter argument text; do
		words=$(choices "$argument")
		[ -z "$words" ] || echo "	($long) compadd -- $words; return ;;"
	done
	cat <<-T
	(--kind) compadd -- ready live startup; return ;;
	esac
	if (( CURRENT == 2 )) && [[ \$PREFIX != -* ]]; then
		compadd -a verbs
		_command_names -e
	elif [[ \$PREFIX == -* ]]; then
		case \$words[2] in
	T
	for verb in $(verbs); do
		[ -z "$(verb_options "$verb")" ] || [ "$verb" = run ] ||
			echo "		($verb) compadd -- $(verb_options "$verb" | line) ;;"
	done
	cat <<-T
		(*) _describe option options ;;
		esac
	else
		case \$words[2] in
		($on_service|signal)
			services=(\${(f)"\$($services)"})
			compadd -a services ;;
		(*) _default ;;
		esac
	fi
	T
}

in_fish() {
	echo '# fish completion of hale; made by mk/completion.sh'
	for verb in $(verbs); do
		echo "complete -c hale -n __fish_use_subcommand -a $verb"
		[ "$verb" != run ] || continue
		for option in $(verb_options "$verb"); do
			echo "complete -c hale -n '__fish_seen_subcommand_from $verb' -l ${option#--}"
		done
	done
	echo "complete -c hale -n '__fish_seen_subcommand_from health' -l kind -xa 'ready live startup'"
	options | while IFS='	' read -r long letter argument text; do
		line="complete -c hale -l ${long#--}"
		[ "$letter" = - ] || line="$line -s $letter"
		words=$(choices "$argument")
		[ -z "$words" ] || line="$line -xa '$words'"
		[ -n "$words" ] || [ "$argument" = - ] || line="$line -r"
		echo "$line -d '$(printf %s "$text" | sed "s/'/\\\\'/g")'"
	done
	# fish halves backslashes between single quotes.
	printf "complete -c hale -n '__fish_seen_subcommand_from %s' -fa '(%s)'\n" \
		"$(echo "$on_service|signal" | line)" \
		"$(printf %s "$services" | sed "s/[\\\\']/\\\\&/g")"
}

"in_$shell"
