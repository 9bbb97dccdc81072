#!/bin/sh
# Run a Python's pip so that it trusts what the machine trusts: from 24.2 on pip does so by itself, and an older one is
# told the machine's file of certificates, unless it was told another one.
python=$1
shift
if [ -z "${PIP_CERT:-}${REQUESTS_CA_BUNDLE:-}" ] && [ -z "$("$python" -m pip config get global.cert 2>/dev/null)" ] &&
    "$python" -c 'import pip, sys; sys.exit(tuple(map(int, pip.__version__.split(".")[:2])) >= (24, 2))'; then
    for file in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt \
        /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
        [ -n "$file" ] && [ -r "$file" ] && export PIP_CERT="$file" && break
    done
fi
exec "$python" -m pip --quiet --disable-pip-version-check "$@"
