#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the database cluster where there is none; once, before the server.
set -eu
[ ! -s "$PGDATA/PG_VERSION" ] || exit 0
initdb -D "$PGDATA" -U postgres --auth-local=trust --auth-host=scram-sha-256 -N
echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
# On standard input: no password on a command line.
postgres --single -D "$PGDATA" postgres <<SQL
create user app with password '$DB_PASSWORD';
create database app owner app;
SQL
postgres --single -D "$PGDATA" app <<SQL
create table items (id serial primary key, name text not null);
alter table items owner to app;
SQL
