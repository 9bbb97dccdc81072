#!/bin/sh
# Fills the passwords of the environment into the users' file, where no process list shows them, then starts the server.
# The line of ${ROLE} stands there for every role: each has a variable ROLE_PASSWORD under its own name.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
users=${USERS_FILE:-/tmp/users.acl}
awk '
    /[$][{]ROLE[}]/ {
        for (name in ENVIRON) if (name ~ /^[A-Z_]+_PASSWORD$/ && name != "STACK_PASSWORD") {
            line = $0
            gsub("[$][{]ROLE_PASSWORD[}]", ENVIRON[name], line)
            gsub("[$][{]ROLE[}]", tolower(substr(name, 1, length(name) - length("_PASSWORD"))), line)
            print line
        }
        next
    }
    { for (name in ENVIRON) gsub("[$][{]" name "[}]", ENVIRON[name]); print }
' "$here/users.acl" > "$users"
exec "${VALKEY_SERVER:-redis-server}" "$here/valkey.conf" --aclfile "$users" --port "${VALKEY_PORT:-6379}"
