#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes a database where there is none, and becomes the server.
set -e
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
[ -s "$PGDATA/PG_VERSION" ] || initdb -D "$PGDATA" -U postgres -N >/dev/null
exec postgres -D "$PGDATA" -c listen_addresses= -c unix_socket_directories=/tmp -c fsync=off
