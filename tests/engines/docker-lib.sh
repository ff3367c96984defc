# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# docker-lib.sh: a dockerd for one test, or the one in ENGINE_DIR that several
# share (together.sh). No systemd, no registry, nothing of a daemon that may
# already run here; sourced after lib.sh. D is the client.

D=/usr/bin/docker
[ -x $D ] || D=docker
need dockerd containerd "$D" iptables

# engine_start NAME [dockerd argument…]: up within a minute, or 1 and its log.
# NODE_NS=PID: in the network of that process.
engine_start() {
	local _dir=$T/$1 _driver _join=()
	shift
	if [ -n "${ENGINE_DIR-}" ] && [ -z "${NODE_NS-}" ]; then
		on_exit "$D ps -aq | xargs -r $D rm -f -v; $D network prune -f; $D volume prune -f"
		return
	fi
	ENGINE_LOG=$_dir/dockerd.log
	[ -z "${NODE_NS-}" ] || _join=(nsenter --net="/proc/$NODE_NS/ns/net")
	mkdir -p "$_dir"
	ln -sf "$INIT" "$_dir/docker-init"
	echo '{}' >"$_dir/daemon.json"
	for _driver in overlay2 vfs; do
		setsid "${_join[@]}" dockerd --config-file "$_dir/daemon.json" \
			--data-root "$_dir/data" --exec-root "$_dir/exec" -p "$_dir/pid" \
			-H "unix://$_dir/docker.sock" --storage-driver "$_driver" \
			--init-path "$_dir/docker-init" \
			"$@" </dev/null >>"$_dir/dockerd.log" 2>&1 &
		echo $! >"$_dir/launcher"
		if wait_for 60 engine_answers "$_dir"; then
			export ENGINE_LOG DOCKER_HOST=unix://$_dir/docker.sock DOCKER_BUILDKIT=1
			return 0
		fi
		kill -KILL "$(cat "$_dir/launcher")" 2>/dev/null
		rm -f "$_dir/pid"
	done
	tail -5 "$_dir/dockerd.log" | sed 's/^/# /'
	return 1
}
engine_answers() {
	$D -H "unix://$1/docker.sock" version || ! kill -0 "$(cat "$1/launcher")" && [ -S "$1/docker.sock" ]
}

# engine_stop NAME: its containers too
engine_stop() {
	local _dir=$T/$1 _pid
	_pid=$(cat "$_dir/pid" 2>/dev/null) || return 0
	kill -TERM "$_pid" 2>/dev/null
	wait_for 30 eval "! kill -0 $_pid" || kill -KILL "$_pid" 2>/dev/null
	_pid=$(cat "$_dir/exec/containerd/containerd.pid" 2>/dev/null) && kill -TERM "$_pid" 2>/dev/null
	rm -f "$_dir/pid" "$_dir/docker.sock"
}

# build TAG DIRECTORY: of its Dockerfile
build() { $D build -q --network none -t "$1" "$2" >/dev/null 2>>"$T/build.log"; }

# build_images: t/scratch (hale and one static program, no shell), t/only
# (hale alone), t/box (with busybox as well)
build_images() {
	local _d=$T/ctx
	if [ -n "${ENGINE_DIR-}" ]; then
		ln -s "$ENGINE_DIR/ctx" "$_d"
		return
	fi
	make_root "$_d/box/root" || return 1
	mkdir -p "$_d/scratch" "$_d/only"
	cp "$INIT" "$_d/scratch/hale"
	cp "$_d/box/root/bin/guest" "$_d/scratch/guest"
	echo 'not a program' >"$_d/scratch/text"
	cp "$INIT" "$_d/only/hale"
	printf '%s\n' 'FROM scratch' 'COPY hale guest text /' \
		'ENTRYPOINT ["/hale","--"]' 'CMD ["/guest","report"]' >"$_d/scratch/Dockerfile"
	printf '%s\n' 'FROM scratch' 'COPY hale /hale' 'ENTRYPOINT ["/hale"]' >"$_d/only/Dockerfile"
	printf '%s\n' 'FROM scratch' 'COPY root/ /' 'ENV PATH=/bin:/sbin' \
		'ENTRYPOINT ["/sbin/hale","--"]' 'CMD ["sleep","600"]' >"$_d/box/Dockerfile"
	build t/scratch "$_d/scratch" && build t/only "$_d/only" && build t/box "$_d/box"
}

# run ARGUMENT…: to its end, without a network
run() { $D run --rm --network none "$@"; }
# start NAME ARGUMENT…: in the background, and up (its first line said)
start() {
	local _name=$1
	shift
	$D rm -f "$_name" >/dev/null 2>&1
	$D run -d --name "$_name" --network none "$@" >/dev/null 2>>"$T/run.log" || return 1
	wait_for 30 said "$_name" up
}
said() { $D logs "$1" 2>&1 | grep -q -- "$2"; }
state() { $D inspect -f "{{.State.$2}}" "$1"; }
is_state() { [ "$(state "$1" "$2")" = "$3" ]; }
# stop NAME SECONDS: docker stop; rc is the container's exit status, took in s
stop() {
	local _from=$SECONDS
	timeout -k 5 120 "$D" stop -t "$2" "$1" >/dev/null
	# shellcheck disable=SC2034 # read by the caller
	took=$((SECONDS - _from)) rc=$(state "$1" ExitCode)
}
# base_image: t/base of Debian, with hale on top; 1 where there is none
base_image() {
	local _rc=0
	if [ -n "${ENGINE_DIR-}" ]; then
		[ -n "${ENGINE_BASE-}" ]
		return
	fi
	"$HERE/base.sh" "$T/base.tar" 2>"$T/base.log" || _rc=$?
	[ $_rc = 0 ] || { note "$(tail -3 "$T/base.log")" && return 1; }
	mkdir -p "$T/ctx/base" && cp "$INIT" "$T/ctx/base/hale" && build_guest "$T/ctx/base/guest"
	$D import -c 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$T/base.tar" t/debian >/dev/null || return 1
	rm -f "$T/base.tar"
	cp "$HERE/services/"* "$T/ctx/base/" 2>/dev/null
	printf '%s\n' 'FROM t/debian' 'COPY . /srv/' 'RUN mv /srv/hale /usr/sbin/ && mv /srv/guest /usr/bin/' \
		'ENTRYPOINT ["/usr/sbin/hale","--"]' >"$T/ctx/base/Dockerfile"
	build t/base "$T/ctx/base"
}
