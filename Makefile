# Every command of the project. `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help setup demo run check format-check lint types imports drift format test test-fast simulate soak mutants bench \
        kafka kafka-stop kafka-wipe contracts env docs-generated migration lock clean
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
# One stamp for each depth of installation: what a target needs is installed, and nothing twice.
VENV_READY := $(VENV)/.created
RUN_READY  := $(VENV)/.run-time
DEV_READY  := $(VENV)/.development
# Modules are compiled when first imported: compiling all of them at once takes as long as the download.
PIP        := $(BIN)/python -m pip --disable-pip-version-check --no-input install -q --no-compile
PIP_COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile -q --generate-hashes --allow-unsafe --strip-extras \
               --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

# Tests start a hundred processes; without compiled modules each needs three seconds more, whatever the shell is set to.
unexport PYTHONDONTWRITEBYTECODE

# Half of what tests do is wait, for processes and servers: three share two cores best.
WORKERS ?= 3

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	      /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' Makefile

##@ Start here

setup: $(DEV_READY) ## Create .venv with everything for running, testing and developing

demo: $(RUN_READY) ## Leads through the whole of Baton in one process: no server, no Docker
	@$(BIN)/baton demo $(ARGS)

run: $(RUN_READY) ## All services in one process, durable in DATA (make run DATA=./data)
	@$(BIN)/baton run --data $(or $(DATA),data) $(ARGS)

##@ Every day

check: format-check lint types imports drift ## Format, lint, types, import rules, generated files

format: $(DEV_READY) ## Put every Python file into shape
	@$(BIN)/ruff check -q --fix-only .
	@$(BIN)/ruff format -q .

format-check: $(DEV_READY) ## Part of check: is every file in shape
	$(BIN)/ruff format --check .

lint: $(DEV_READY) ## Part of check: ruff's rules, among them who may ask the clock
	$(BIN)/ruff check .

types: $(DEV_READY) ## Part of check: mypy, strict
	$(BIN)/mypy

imports: $(DEV_READY) ## Part of check: which module may import which
	$(BIN)/lint-imports

drift: $(DEV_READY) ## Part of check: is everything generated still current
	$(BIN)/python -m deploy.generate --check

test: $(DEV_READY) ## Every test, on SQLite, PostgreSQL and Kafka; ends with a table
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

test-fast: $(DEV_READY) ## The quick half: SQLite only, nothing slow, under a minute
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not postgres and not kafka" $(ARGS)

simulate: $(DEV_READY) ## A thousand seeds of bad luck (one: make simulate SEED=42)
	$(BIN)/python -m tests.simulation.run $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000))

soak: $(DEV_READY) ## The kill tests at full length: 20,000 leads, Kafka gone for a minute (make soak ARGS="--seed 7")
	$(BIN)/python -m tests.chaos $(ARGS)

mutants: $(DEV_READY) ## Remove each guarantee once and see a test go red
	$(BIN)/python -m tests.mutants $(ARGS)

bench: $(DEV_READY) ## How fast Baton is here, on both engines; takes half an hour (short: ARGS="--leads 6000 --runs 1")
	@$(BIN)/python -m bench $(ARGS)

##@ A Kafka of your own

kafka: $(DEV_READY) ## Run a Kafka broker on loopback; needs Java 17 and, the first time, Maven
	@$(BIN)/python -m deploy.kafka.broker start

kafka-stop: $(DEV_READY) ## Stop it; topics and events stay
	@$(BIN)/python -m deploy.kafka.broker stop

kafka-wipe: $(DEV_READY) ## Stop it and throw its topics and events away
	@$(BIN)/python -m deploy.kafka.broker wipe

##@ When something changes

contracts: $(DEV_READY) ## Publish schemas and examples, after adding an event
	$(BIN)/python -m deploy.generate

env: $(DEV_READY) ## Write .env.example again, after adding a setting
	$(BIN)/python -m deploy.generate

docs-generated: $(DEV_READY) ## Write the glossary and OpenAPI again, after a new word or route
	$(BIN)/python -m deploy.generate

migration: $(DEV_READY) ## Write a migration (make migration S=routing M="add region")
	@test -n "$(S)" -a -n "$(M)" || { echo 'Say which service and what changes: make migration S=routing M="add region"'; exit 2; }
	$(BIN)/python -m shared.db.migrate $(S) "$(M)"

lock: $(DEV_READY) ## Choose dependencies anew, after a change in pyproject.toml (newest: make lock ARGS=--upgrade)
	$(PIP_COMPILE) $(ARGS) --build-deps-for editable --output-file requirements.lock pyproject.toml
	$(PIP_COMPILE) $(ARGS) --build-deps-for editable --extra dev --extra traces --constraint requirements.lock \
	  --output-file requirements-dev.lock pyproject.toml
	$(PIP_COMPILE) --build-deps-for editable --extra traces --constraint requirements-dev.lock \
	  --output-file requirements-traces.lock pyproject.toml

clean: ## Remove .venv and everything made by tools; your data stays, and so does make kafka's
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .demo build baton.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- the environment; `--require-hashes`: what is installed is, to the byte, what was tested

$(VENV_READY):
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Baton needs Python 3.11 or newer with venv; name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUN_READY): requirements.lock pyproject.toml | $(VENV_READY)
	@echo "Installing what Baton runs on into $(VENV) ..."
	@$(PIP) --require-hashes --no-deps -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_READY): requirements-dev.lock | $(RUN_READY)
	@echo "Installing what Baton is developed with into $(VENV) ..."
	@$(PIP) --require-hashes --no-deps -r requirements-dev.lock
	@touch $@
