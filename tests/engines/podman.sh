#!/bin/bash
# SPDX-License-Identifier: MIT
#
# podman.sh: hale under podman as root and without root: as ENTRYPOINT, as
# podman's own init, in pods that share a PID namespace, in kube play.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/podman-lib.sh"
need busybox
run() { P run --rm --network none "$@"; }
start() { # NAME ARGUMENT…
	local _name=$1
	shift
	P run -d --name "$_name" --network none "$@" >/dev/null && wait_for 30 said "$_name" up
}
said() { P logs "$1" 2>&1 | grep -q -- "$2"; }
state() { P inspect -f "{{.State.$2}}" "$1"; }
stop() { P stop -t "$2" "$1" >/dev/null && rc=$(state "$1" ExitCode) && P rm -f "$1" >/dev/null; }
on_exit 'P rm -fa -t 0'

make_root "$T/img/root" || { not_ok "root file system" && done_testing && exit 1; }
# podman's httpGet probes want a curl -f in the container: hale can be it
printf '%s\n' '#!/bin/sh' 'for url; do :; done' 'exec /sbin/hale probe "$url"' >"$T/img/root/bin/curl"
chmod 755 "$T/img/root/bin/curl"
printf '%s\n' 'FROM scratch' 'COPY root/ /' 'ENV PATH=/bin:/sbin' \
	'ENTRYPOINT ["/sbin/hale","--"]' 'CMD ["sleep","600"]' >"$T/img/Dockerfile"
P build --network none -q -t localhost/box "$T/img" >/dev/null ||
	{ tail -3 "$T/podman.log"; skip_all "podman can't build an image here"; }

for rt in crun runc; do
	have $rt || { skip "$rt is not installed" && continue; }
	P --runtime $rt run --rm --network none localhost/box guest exit 42
	is "$rt: exit status" $? 42
done
run localhost/box guest die 15
is "ended by SIGTERM is 143" $? 143
run localhost/box /missing
is "not found is 127" $? 127
out=$(run --user 1001:1001 --cap-drop ALL --security-opt no-new-privileges --read-only \
	localhost/box guest report)
like "hardened: user" "$out" "ids 1001:1001"
like "hardened: no capability" "$out" "CapBnd 0000000000000000"
like "hardened: PID 1 is hale" "$out" "parent hale"
like "--init --init-path" "$(run --init --init-path "$INIT" --entrypoint /bin/cat \
	localhost/box /proc/1/cmdline | tr '\0' ' ')" "/run/podman-init -- "
run --init --init-path "$INIT" --entrypoint /bin/guest localhost/box exit 42
is "--init: exit status" $? 42
start init --init --init-path "$INIT" --entrypoint /bin/guest localhost/box until 15 7
stop init 60
is "--init: stop" "$rc" 7
start trap localhost/box guest until 15 7
stop trap 60
is "stop keeps the exit status" "$rc" 7
start deaf localhost/box guest until 0 0
stop deaf 1
is "a deaf child is killed" "$rc" 137
is "orphans" "$(run localhost/box guest orphans 50)" "adopter hale"
is "--pid=host with -s" "$(run --pid host --entrypoint /sbin/hale localhost/box \
	-s -- guest orphans 5)" "adopter hale"

# a name that podman takes for systemd: it stops such a container by SIGRTMIN+3
start sysd --systemd=always localhost/box guest until 37 7
stop sysd 60
is "systemd mode: SIGRTMIN+3 arrives" "$rc" 7

# ---- health, by command: the timers need systemd
start web --health-cmd '/bin/wget -q -O /dev/null http://127.0.0.1:8080/' \
	--health-interval disable --health-retries 2 localhost/box guest web 8080
P healthcheck run web
is "healthcheck run: healthy" "$? $(state web Health.Status)" "0 healthy"
P kill -s USR1 web >/dev/null
bad() { ! P healthcheck run web; }
eventually "healthcheck run: fails" 30 bad
bad
is "healthcheck run: unhealthy" "$(state web Health.Status)" unhealthy
P kill -s USR2 web >/dev/null
eventually "healthcheck run: passes again" 30 P healthcheck run web
is "healthcheck run: healthy again" "$(state web Health.Status)" healthy
stop web 60
is "…and it stops with 0" "$rc" 0

# ---- hale's own health: the image needs no wget
if is_hale; then
	start own --health-cmd '["/sbin/hale", "health"]' --health-interval disable \
		--health-retries 1 --entrypoint /sbin/hale --user 1001 --cap-drop ALL --read-only \
		localhost/box --health http://127.0.0.1:8080/ --interval 500ms --retries 2 -- \
		guest web 8080 0
	eventually "hale health: healthy" 30 P healthcheck run own
	is "…to podman too" "$(state own Health.Status)" healthy
	P kill -s USR1 own >/dev/null
	failing() { ! P healthcheck run own; }
	eventually "hale health: unhealthy" 30 failing
	is "…to podman too" "$(state own Health.Status)" unhealthy
	like "…with the reason" "$(P inspect own | jq -r '.[0].State.Health.Log | last | .Output')" 503
	P kill -s USR2 own >/dev/null
	eventually "hale health: healthy again" 30 P healthcheck run own
	stop own 60
	is "…and it stops with 0" "$rc" 0

	printf '%s\n' 'services: {first: {command: [guest, until, "15", "0"]},' \
		'  main: {command: [guest, until, "15", "7"], user: "1001:1001", depends_on: [first]}}' \
		>"$T/two.yaml"
	start two -v "$T/two.yaml:/etc/hale.yaml:ro" --entrypoint /sbin/hale localhost/box run
	eventually "hale run: all healthy" 30 P exec two hale health
	like "hale run: status" "$(P exec -u 2002 two hale status)" first
	stop two 60
	is "hale run: stops with main's status" "$rc" 7
else
	skip "hale health: $(basename "$INIT") is not hale"
fi

# ---- a pod, as Kubernetes writes it
cat >"$T/pod.yaml" <<'POD'
apiVersion: v1
kind: Pod
metadata: {name: pp}
spec:
  containers:
  - name: web
    image: localhost/box:latest
    imagePullPolicy: Never
    command: ["/sbin/hale", "--", "guest", "web", "8080"]
    securityContext:
      runAsUser: 1001
      allowPrivilegeEscalation: false
      capabilities: {drop: [ALL]}
    livenessProbe:
      exec: {command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"]}
      periodSeconds: 1
POD
if P kube play --network none "$T/pod.yaml" >/dev/null; then
	ok "kube play"
	eventually "kube play: up" 30 said pp-web up
	P healthcheck run pp-web
	is "kube play: exec liveness" $? 0
	is "kube play: runAsUser" "$(P exec pp-web id -u)" 1001
	is "kube play: PID 1" "$(P exec pp-web cat /proc/1/comm)" hale
	P kube down "$T/pod.yaml" >/dev/null
	is "kube down" $? 0
	# podman makes curl -f of an httpGet probe and has the container run it: so
	# exec hale health is the form for it, and hale probe can stand for curl
	if is_hale; then
		sed -e 's|name: pp}|name: ph}|; s|"--", "guest"|"--listen", "127.0.0.1:9110", "--health", "http://127.0.0.1:8080/", "--interval", "500ms", "--", "guest"|' \
			-e 's|command: \["wget".*|command: [hale, health]}|' "$T/pod.yaml" >"$T/exec.yaml"
		P kube play --network none "$T/exec.yaml" >/dev/null
		is "kube play: hale with a listener" $? 0
		# Not by healthcheck run: at its third failure podman starts the
		# container anew, and a busy machine is never through.
		eventually "kube play: hale is healthy" 30 P exec ph-web hale health
		P healthcheck run ph-web
		is "kube play: exec hale health" $? 0
		like "kube play: the listener" "$(P exec ph-web wget -q -O- http://127.0.0.1:9110/readyz)" ok
		P kill -s USR1 ph-web >/dev/null
		unready() { ! P healthcheck run ph-web; }
		eventually "kube play: exec hale health fails" 30 unready
		P kube down "$T/exec.yaml" >/dev/null
		sed -e 's|name: ph}|name: pc}|; s|exec: {command.*|httpGet: {path: /readyz, port: 9110}|' \
			"$T/exec.yaml" >"$T/get.yaml"
		P kube play --network none "$T/get.yaml" >/dev/null
		eventually "kube play: hale is healthy again" 30 P exec pc-web hale health
		P healthcheck run pc-web
		is "kube play: httpGet of the listener, where there is a curl" $? 0
		P kube down "$T/get.yaml" >/dev/null
	fi
else
	not_ok "kube play"
fi

# ---- without root
user=${ROOTLESS_USER:-haletest}
if ! id "$user" >/dev/null 2>&1 || ! grep -q "^$user:" /etc/subuid 2>/dev/null; then
	skip "rootless: no user $user with subordinate ids (useradd -m $user)"
	done_testing
	exit
fi
home=$T/rootless
mkdir -p "$home/run" "$home/.config/containers"
cp "$T/containers.conf" "$home/.config/containers/"
cp "$INIT" "$home/hale"
P save -q -o "$home/box.tar" localhost/box
chown -R "$user" "$home"
chmod 700 "$home/run"
rl() {
	(cd / && setpriv --reuid "$user" --regid "$user" --init-groups env -u CONTAINERS_CONF \
		HOME="$home" XDG_RUNTIME_DIR="$home/run" podman "$@" 2>>"$T/rootless.log")
}
on_exit 'rl system migrate; rl unshare rm -rf .local'
rl load -q -i "$home/box.tar" >/dev/null
is "rootless: load" $? 0
rl run --rm --network none localhost/box guest exit 42
is "rootless: exit status" $? 42
like "rootless: keep-id" "$(rl run --rm --network none --userns keep-id localhost/box guest report)" \
	"ids $(id -u "$user"):"
like "rootless: init-path" "$(rl run --rm --network none --init --init-path "$home/hale" \
	--entrypoint /bin/cat localhost/box /proc/1/cmdline | tr '\0' ' ')" "/run/podman-init -- "
rl run -d --name stop --network none localhost/box guest until 15 7 >/dev/null
rl_up() { rl logs stop | grep -q up; }
wait_for 30 rl_up
rl stop -t 60 stop >/dev/null
is "rootless: stop" "$(rl inspect -f '{{.State.ExitCode}}' stop)" 7
rl rm -f stop >/dev/null
done_testing
