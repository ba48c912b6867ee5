# `make` alone prints the targets. Variables: ENGINE=auto|docker|local, SCENARIO, WRITERS, ARGS, PYTHON, PYTEST_ARGS.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

BIN := .venv/bin
ENGINE ?= auto
SCENARIO ?= shared-append
WRITERS ?= 8
ARGS ?=
PYTEST_ARGS ?=
export PYTHON

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: ## set up all that is needed, run shared-append with 8 writers, print its table (ENGINE=local: without containers)
	@.ci/setup.sh run
	@engine=$$(.ci/engine.sh ensure $(ENGINE)) \
		&& $(BIN)/harness run $(SCENARIO) --writers $(WRITERS) --engine $$engine $(ARGS)

.PHONY: test
test: ## set up, then run the whole suite, tests on real Docker included
	@.ci/setup.sh dev
	@.ci/engine.sh ensure $(ENGINE) >/dev/null
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

.PHONY: test-unit
test-unit: ## run the tests that need no Docker
	@.ci/setup.sh dev
	@$(BIN)/python -m pytest -m "not docker" $(PYTEST_ARGS)

.PHONY: check
check: check-style test ## format, lint, types, imports, then all tests; those on the documentation are among them

.PHONY: check-style
check-style: format-check lint types imports ## format, lint, types and imports only

.PHONY: setup
setup: ## make .venv with what tests and checks need
	@.ci/setup.sh dev

.PHONY: bench
bench: ## measure against the targets, as ratios in one run
	@.ci/setup.sh dev
	@.ci/engine.sh ensure $(ENGINE) >/dev/null
	@$(BIN)/python -m bench $(ARGS)

.PHONY: reference
reference: ## run the whole catalogue on Docker and keep its result in results/reference/, which the README's matrix shows
	@.ci/setup.sh dev
	@.ci/engine.sh ensure docker >/dev/null
	@$(BIN)/harness run --all --engine docker --results build/reference $(ARGS)
	@mkdir -p results/reference
	@cp "$$(ls -td build/reference/all/*/ | head -n 1)result.json" results/reference/

.PHONY: format
format: setup ## rewrite the code in the one format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet .

.PHONY: docs
docs: setup ## write docs/cli.md from the commands' own help
	@$(BIN)/python docs/generate_cli.py

.PHONY: lock
lock: setup ## write .ci/constraints.txt, the versions that CI installs
	@.ci/lock.sh

.PHONY: clean
clean: ## remove what killed runs left in the engine, and caches and logs here
	@if [ -x $(BIN)/harness ]; then $(BIN)/harness clean; fi
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	@find harness tests -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: engine
engine: ## find a Docker Engine, or install and start one
	@.ci/setup.sh run
	@.ci/engine.sh ensure $(ENGINE) >/dev/null

.PHONY: stop-engine
stop-engine: ## stop the Docker daemon that make started, and no other
	@.ci/engine.sh stop

.PHONY: format-check lint types imports
format-check: setup
	@$(BIN)/ruff format --check --output-format concise .
lint: setup
	@$(BIN)/ruff check --output-format concise .
types: setup
	@$(BIN)/mypy
imports: setup
	@$(BIN)/lint-imports --no-logo
