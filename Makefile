# `make demo` and `make test` need Python 3.11 or newer and make; everything else is set up by them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
DEMO_ARGS ?=
TEST_ARGS ?=

.PHONY: help demo env env-dev test test-slow check bench docs accept lock front-end

help:  ## This list
	@grep -E '^[a-z-]+: .*##|^[a-z-]+:  ##' Makefile | sed -E 's/:.*##/\t/' | expand -t 12

demo:  ## Set everything up and start the demo company (DEMO_ARGS="--port 8791 --no-browser")
	@sh tools/environment.sh core
	@exec $(BIN)/sameboat demo --project demo-data $(DEMO_ARGS)

env:  ## Make .venv for use
	@sh tools/environment.sh core

env-dev:  ## Make .venv for work on Sameboat itself
	@sh tools/environment.sh dev

test: env-dev  ## Fast tests, then all checks (TEST_ARGS="tests/unit/cli -x")
	@sh tools/chromium.sh
	@sh tools/front-end-tools.sh
	@sh tools/test.sh $(TEST_ARGS)

test-slow: env-dev  ## The slow lane: long simulations and parity runs
	@sh tools/chromium.sh
	@sh tools/front-end-tools.sh
	@$(BIN)/python -m pytest -n 2 -m slow $(TEST_ARGS)
	@$(BIN)/python -m pytest -n 2 -m "hypothesis and not slow" --hypothesis-profile=random $(TEST_ARGS)

check: env-dev  ## Lint, format, types, import contracts, doctests
	@sh tools/check.sh

bench: env-dev  ## Every benchmark, each beside its baseline
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: env-dev  ## Write the generated pages of docs/reference
	@$(BIN)/python tools/reference.py

accept: env-dev  ## Take what the code answers now as the golden files' new content; review the diff
	@SAMEBOAT_ACCEPT=1 $(BIN)/python -m pytest -n 2 -q $(TEST_ARGS)

lock:  ## Pin the newest versions that pyproject.toml and package.json allow
	@sh tools/lock.sh
