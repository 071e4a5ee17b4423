# Every target builds the virtual environment it needs. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.faucet-dev
DEMO := .demo
GENERATED := $(wildcard tests/test_schema.py tests/test_docs.py tests/test_docs_reference.py)
CORE := faucet/model/*,faucet/control/*,faucet/request/*,faucet/sql/*
CORE_COVERAGE := 97

.DEFAULT_GOAL := help
.PHONY: help run test check fmt lint types arch drift golden schema docs bench clean dev servers requirements

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: dev  ## build the demo, print requests to try, serve it and reload on edits
	@$(BIN)/faucet demo build $(DEMO)
	@test -e $(DEMO)/faucet.yaml || cp faucet.yaml.example $(DEMO)/faucet.yaml
	@$(BIN)/faucet demo tour -c $(DEMO)/faucet.yaml
	@echo "# Edit $(DEMO)/faucet.yaml while this runs: it reloads. Ctrl-C ends it."
	@exec $(BIN)/faucet serve -c $(DEMO)/faucet.yaml

test: dev servers  ## run every test against real databases, with coverage
	@rm -f .coverage .coverage.*
	@$(BIN)/pytest --cov --cov-report=term $(ARGS)
	@$(BIN)/coverage report --include='$(CORE)' --fail-under=$(CORE_COVERAGE) > .core-coverage \
	  || { cat .core-coverage; exit 1; }

check: lint types arch drift  ## lint, types, architecture, spelling, and drift of generated files
	@$(BIN)/codespell

fmt: dev  ## format, and mend what can be mended
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

lint: dev  ## ruff, rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: dev  ## mypy, strict
	@$(BIN)/mypy

arch: dev  ## import contracts
	@$(BIN)/lint-imports

drift: dev  ## fail when budgets, promises, schema or docs have drifted from the code
	@$(BIN)/pytest -q tests/test_architecture.py tests/test_requirements.py $(GENERATED)

golden: dev servers  ## write what the code answers into the golden files; read the diff
	@$(BIN)/pytest -q tests --update-golden

schema: dev  ## write schema/faucet.schema.json from the structs
	@$(BIN)/pytest -q tests/test_schema.py --update-golden

docs: dev  ## write the generated parts of the docs
	@$(BIN)/pytest -q $(GENERATED) --update-golden

bench: dev  ## measure; prints ratios of one run
	@for file in tests/bench/*.py; do PYTHONPATH=. $(BIN)/python $$file || exit 1; done

clean:  ## delete what was built, the virtual environment and the demo included
	rm -rf .venv $(DEMO) .coverage .coverage.* .core-coverage htmlcov dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

dev: $(STAMP)  ## make .venv from the pinned and hashed requirements, when stale

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

servers: dev  ## find the database servers of the tests, or install them when root
	@if $(BIN)/python -m tests.servers; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends postgresql > /dev/null \
	  && $(BIN)/python -m tests.servers; \
	else exit 1; fi

requirements: dev  ## pin requirements/*.txt anew from pyproject.toml
	@for name in run dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	    $$( [ $$name = dev ] && echo --extra dev -c requirements/run.txt ) \
	    pyproject.toml --output-file requirements/$$name.txt || exit 1; done
