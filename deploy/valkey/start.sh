#!/bin/sh
# Fills the passwords of the environment into the users' file, where no process list shows them, then starts the server.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
users=${USERS_FILE:-/tmp/users.acl}
awk '{ for (name in ENVIRON) gsub("[$][{]" name "[}]", ENVIRON[name]); print }' "$here/users.acl" > "$users"
exec "${VALKEY_SERVER:-redis-server}" "$here/valkey.conf" --aclfile "$users" --port "${VALKEY_PORT:-6379}"
