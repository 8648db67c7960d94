# `make` alone lists the commands.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: bench help install install-dev demo ui serve test test-long lint types contracts docs check lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/runtime.stamp: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/runtime.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

install: $(VENV)/runtime.stamp ## make .venv with what a run needs

install-dev: $(VENV)/dev.stamp ## make .venv with what tests and checks need too

bench: install-dev ## measure the pipeline beside bare DuckDB (about an hour; see benchmarks/README.md)
	$(BIN)/python -m benchmarks.pipeline

demo: install ## run the demonstration city: feeds -> bases -> tasks -> opened datasets
	$(BIN)/civiclake demo --home data/demo

ui: install ## open the Dagster web pages on the demonstration city
	$(BIN)/civiclake ui --home data/demo

serve: install ## serve the demonstration: open portal on port 8000, shared tables and lookup on 8001
	$(BIN)/civiclake serve --home data/demo

test: install-dev ## run the tests (service tests that cannot run here are named as skipped)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "not long"

test-long: install-dev ## run every test whole, the long truth and kill tests too
	TEST_WHOLE=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

lint: install-dev ## style of the code
	$(BIN)/ruff check .

types: install-dev ## types, strict
	$(BIN)/mypy

contracts: install-dev ## which room may import which
	$(BIN)/lint-imports

docs: install-dev ## make the generated pages anew
	$(BIN)/python -m docs.generate

check: lint types contracts ## lint, types and contracts

lock: ## resolve both lock files anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-strip-extras --no-header -o requirements.lock
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-strip-extras --no-header -c requirements.lock -o requirements-dev.lock

clean: ## remove what the demo produced
	rm -rf data/demo/var
