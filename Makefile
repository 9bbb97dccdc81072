# paydesk: `make demo` shows it, `make test` proves it, `make check` is what a change has to pass. Everything goes to .venv.
# Tried in this order, those that are tested first; CI names one.
PYTHONS ?= python3.13 python3.12 python3.11 python3.14 python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo contractor manager install test lint long simulate faults fault-table check trace picture bench env lock release clean

help: ## Say what there is.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 18

demo: ## Show one payment request all the way, on servers of its own; everything it needs is set up first.
	@sh tools/announce.sh $(VENV) "$$($(MAKE) --question install >/dev/null 2>&1 || echo missing)"
	@$(MAKE) --no-print-directory --silent install
	@$(BIN)/paydesk demo
	@printf '\nNow you, in two terminals:\n  make contractor\n  make manager\n'

contractor: install ## Open the contractor's desk.
	@$(BIN)/paydesk contractor

manager: install ## Open the manager's desk.
	@$(BIN)/paydesk manager

install: $(VENV)/.installed ## Make .venv with the first of python3.13, 3.12, 3.11 and 3.14 that can, from the hashed lock.

$(VENV)/.installed: requirements.lock pyproject.toml
	@for python in $(PYTHONS); do \
		$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' >/dev/null 2>&1 || continue; \
		if $$python -m venv --clear $(VENV) >/dev/null 2>&1; then made=$$python; break; fi; \
		rm -rf $(VENV); unable="$$unable $$python"; \
	done; \
	if [ -z "$$made" ]; then \
		test -z "$$unable" || echo "Found$$unable, but without venv and ensurepip."; \
		echo "paydesk needs Python 3.11 to 3.14 that can make a virtual environment. Install it, then run make again:"; \
		echo "  Debian, Ubuntu   apt install python3 python3-venv"; \
		echo "  Fedora           dnf install python3"; \
		echo "  macOS            brew install python@3.13"; \
		exit 1; \
	fi
	@sh tools/pip.sh $(BIN)/python install --require-hashes --requirement requirements.lock
	@sh tools/pip.sh $(BIN)/python install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

test: install ## Pass the tests on the real servers; the first run fetches the broker.
	@$(BIN)/python -m pytest --numprocesses 3

lint: install ## Lint, format, types and the floors.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@cd bench && $(abspath $(BIN))/mypy --cache-dir ../.mypy_cache --exclude peer_ .
	@$(BIN)/lint-imports

long: install ## Pass the long suites: races, faults, load.
	@$(BIN)/python -m pytest -p tests.progress -m "long and not alone" --numprocesses 3; beside=$$?; \
	$(BIN)/python -m pytest -p tests.progress -m "long and alone" && exit $$beside

simulate: install ## Run both sides' handlers 100,000 times under drawn faults, from a seed that it prints.
	@$(BIN)/python -m tests.simulation

faults: install ## Strike real processes and servers and check what people were told.
	@$(BIN)/python -m tests.faults

fault-table: install ## Try every fault that people met again, and write the table of docs/reliability.md anew.
	@$(BIN)/python -m pytest -p tests.fault_table -m fault --numprocesses 2

check: lint test ## What a change has to pass.

trace: install ## Run one request all the way under coverage, and hold docs/architecture.md to what ran.
	@$(BIN)/python -m pytest -m "long or not long" tests/architecture/test_story.py

picture: install ## Paint both desks anew for the README.
	@$(BIN)/python -m tests.tui.picture docs/desks.svg

bench: install ## Measure paydesk against what is the least, and write docs/performance.md; NAME=latency runs one.
	@$(BIN)/python bench/suite.py $(NAME)

env: install ## Write the passwords and settings that compose.yaml needs, once.
	@$(BIN)/paydesk stack compose-env

lock: install ## Pin every package anew, with hashes.
	@$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --extra embedded --group dev --quiet pyproject.toml --output-file requirements.lock
	@$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --quiet bench/peer-requirements.in --output-file bench/peer-requirements.txt

release: install ## Build the source archive and the wheel into dist/, and check both.
	@$(BIN)/python tools/release.py

clean: ## Forget the virtual environment and what tools left.
	@rm -rf .venv .venv-* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage snapshot_report.html
