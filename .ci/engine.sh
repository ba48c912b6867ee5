#!/usr/bin/env bash
# Finds a container engine, or sets one up. Prints the engine to use, `docker` or `local`, alone on stdout.
#   engine.sh ensure [auto|docker|local]   auto: Docker where it answers or can be installed, else local
#   engine.sh stop                         stops the daemon that `ensure` started, and no other
# With HARNESS_REQUIRE_DOCKER=1, auto means docker: what would fall back to local fails instead.
set -euo pipefail
# shellcheck source=.ci/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

STATE=/run/shared-volume-harness
STARTED=$STATE/dockerd.started # how `ensure` started the daemon: its process id, or `systemd`
LOG=/var/log/shared-volume-harness-dockerd.log
START_DEADLINE_S=60
STOP_DEADLINE_S=30

# Asks as the harness does, with DOCKER_HOST, contexts and rootless sockets. Prints where the engine answers.
answering_engine() {
    "$VENV/bin/python" -c '
import sys
from harness.engines.docker.client import docker_available
found, where = docker_available()
print(where)
sys.exit(not found)' 2>/dev/null
}

program_of() { cat "/proc/$1/comm" 2>/dev/null || true; }

# A daemon that was killed leaves its pid file; when that number lives on as another program,
# the next daemon believes that it is running already and gives up.
remove_stale_pid_file() {
    local file=$1 program=$2 pid
    [ -s "$file" ] || return 0
    pid=$(cat "$file")
    if [ "$(program_of "$pid")" != "$program" ]; then
        say "removing $file: it names process $pid, which is no $program"
        rm -f "$file"
    fi
}

# wait_for_daemon PID : until it answers. Fails at once when it ends. PID 0: only the deadline counts.
wait_for_daemon() {
    local deadline=$((SECONDS + START_DEADLINE_S))
    while [ "$SECONDS" -lt "$deadline" ]; do
        if answering_engine >/dev/null; then return 0; fi
        if [ "$1" -ne 0 ] && [ "$(program_of "$1")" != dockerd ]; then return 1; fi
        sleep 0.3
    done
    return 1
}

# launch FLAG... : one daemon in the background, detached from this terminal.
launch() {
    setsid dockerd "$@" </dev/null >"$LOG" 2>&1 9>&- &
    local pid=$!
    echo "$pid" >"$STARTED"
    # The new process is bash, then setsid, before it is dockerd.
    local tries=100
    while [ "$tries" -gt 0 ] && [ "$(program_of "$pid")" != dockerd ] && kill -0 "$pid" 2>/dev/null; do
        sleep 0.1
        tries=$((tries - 1))
    done
    if wait_for_daemon "$pid"; then return 0; fi
    stop_process "$pid"
    rm -f "$STARTED"
    return 1
}

# What a daemon that would not start may do without, judged by its log.
fallback_flags() {
    local failure
    failure=$(grep -i 'failed to start daemon' "$LOG") || return 0
    case $failure in *[Ii]ptables* | *nf_tables*) printf '%s\n' --iptables=false --ip6tables=false ;; esac
    case $failure in *graphdriver* | *overlay*) printf '%s\n' --storage-driver=vfs ;; esac
}

say_why_not() { say "the daemon did not start: $(tail -n 1 "$LOG" | cut -c 1-300)"; }

# Without systemd nobody may have mounted the cgroups, through which the daemon limits memory and processes.
# Version 1 where the kernel's controllers are bound to it already, else version 2.
mount_cgroups() {
    local controller
    if mountpoint -q /sys/fs/cgroup; then return 0; fi
    if ! awk 'NR > 1 && $2 != 0 { bound = 1 } END { exit !bound }' /proc/cgroups; then
        mount -t cgroup2 none /sys/fs/cgroup || say "could not mount the cgroups; going on without"
        return 0
    fi
    mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup || return 0
    awk 'NR > 1 && $4 == 1 { print $1 }' /proc/cgroups | while read -r controller; do
        mkdir "/sys/fs/cgroup/$controller"
        mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" || rmdir "/sys/fs/cgroup/$controller"
    done
}

start_with_systemd() {
    say "starting the Docker daemon with systemctl; stop it with: make stop-engine"
    systemctl start docker || return 1
    echo systemd >"$STARTED"
    wait_for_daemon 0
}

start_by_hand() {
    local flags
    if [ -s /var/run/docker.pid ] && [ "$(program_of "$(cat /var/run/docker.pid)")" = dockerd ]; then
        say "a Docker daemon runs already (process $(cat /var/run/docker.pid)) but does not answer yet; waiting"
        wait_for_daemon 0
        return
    fi
    remove_stale_pid_file /var/run/docker.pid dockerd
    remove_stale_pid_file /var/run/docker/containerd/containerd.pid containerd
    mount_cgroups
    say "starting the Docker daemon in the background (log: $LOG); stop it with: make stop-engine"
    launch && return 0
    mapfile -t flags < <(fallback_flags)
    say_why_not
    if [ "${#flags[@]}" -eq 0 ]; then return 1; fi
    say "trying again with ${flags[*]}"
    launch "${flags[@]}" && return 0
    say_why_not
    return 1
}

# One at a time: two `make run` side by side must not start two daemons.
start_daemon() {
    mkdir -p "$STATE"
    exec 9>"$STATE/lock"
    flock -w $((2 * START_DEADLINE_S)) 9 || return 1
    if answering_engine >/dev/null; then return 0; fi
    if has_systemd && systemctl cat docker.service >/dev/null 2>&1; then start_with_systemd; else start_by_hand; fi
}

stop_process() {
    local pid=$1 deadline=$((SECONDS + STOP_DEADLINE_S))
    kill "$pid" 2>/dev/null || return 0
    while [ "$(program_of "$pid")" = dockerd ]; do
        if [ "$SECONDS" -ge "$deadline" ]; then return 1; fi
        sleep 0.2
    done
}

stop() {
    local how
    if [ ! -s "$STARTED" ]; then
        say "no Docker daemon of ours to stop"
        return 0
    fi
    how=$(cat "$STARTED")
    if [ "$how" = systemd ]; then
        systemctl stop docker.service docker.socket
    elif [ "$(program_of "$how")" = dockerd ]; then
        stop_process "$how" || die "the Docker daemon (process $how) is still stopping after $STOP_DEADLINE_S s"
    fi
    rm -f "$STARTED"
    say "the Docker daemon that we started is stopped"
}

# no_docker REASON : the local engine, said plainly; or a failure where Docker was asked for.
no_docker() {
    say "$*"
    if [ "$want" = docker ]; then die "Docker was asked for, so this ends here; ENGINE=local does without"; fi
    say "NO CONTAINERS ARE USED: the writers are processes on this machine (local engine)"
    echo local
    exit 0
}

ensure() {
    local found
    if [ "$want" = local ]; then no_docker "ENGINE=local"; fi
    if found=$(answering_engine); then
        say "using what answers: $found"
        echo docker
        return
    fi
    if [ -n "${DOCKER_HOST:-}" ]; then no_docker "no Docker Engine answers at DOCKER_HOST=$DOCKER_HOST"; fi
    if ! is_root; then
        if [ -S /var/run/docker.sock ] && [ ! -w /var/run/docker.sock ]; then
            no_docker "there is a Docker Engine, but $(id -un) may not use it; run: sudo usermod -aG docker $(id -un), and log in again"
        fi
        no_docker "no Docker Engine answers, and only root may start one"
    fi
    say "no Docker Engine answers"
    if ! command -v dockerd >/dev/null; then
        if ! is_debian; then no_docker "this is neither Debian nor Ubuntu; install Docker Engine as its documentation says"; fi
        apt_install docker.io || no_docker "docker.io could not be installed"
    fi
    start_daemon || no_docker "the Docker daemon could not be started"
    say "using what was started: $(answering_engine)"
    echo docker
}

want=${2:-auto}
if [ "$want" = auto ] && [ "${HARNESS_REQUIRE_DOCKER:-0}" = 1 ]; then want=docker; fi
case "${1:-}/$want" in
ensure/auto | ensure/docker | ensure/local) ensure ;;
stop/*) stop ;;
*) die "usage: .ci/engine.sh ensure [auto|docker|local] | stop" ;;
esac
