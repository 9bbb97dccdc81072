# paydesk: `make test` sets everything up and passes the tests; `make check` adds lint and types.
PYTHON := $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { echo $$p; break; }; done)
BIN := .venv/bin

.PHONY: install test check lock clean

install: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "paydesk needs Python 3.11 or newer with venv: install python3 and python3-venv, then run make again."; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip --quiet install --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip --quiet install --no-deps --no-build-isolation --editable .
	@touch $@

test: install
	$(BIN)/python -m pytest

check: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest

lock:
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --extra embedded --group dev --quiet pyproject.toml --output-file requirements.lock

clean:
	rm -rf .venv
