# Two commands do all the set-up on a fresh machine: `make demo` and `make test`.
# Needed: Python 3.11 or newer, make, a Python package index, Maven Central.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOCKING := --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11
# The product's own variables never reach the demo or the tests.
CLEAN  := env $$(env | sed -n 's/^\(FLOWODM_[A-Z_]*\|KAFKA_[A-Z_]*\|SCHEMA_REGISTRY_[A-Z_]*\|SR_[A-Z_]*\)=.*/-u \1/p' | grep -v '^-u FLOWODM_\(TEST_\|MAVEN_\)')

.PHONY: help demo test unit soak oracle check format docs bench lock clean
.DEFAULT_GOAL := help

help: ## what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(VENV)/.sandbox ## a local Kafka and registry, live typed events, tailed; cleans up
	@$(CLEAN) $(BIN)/flowodm demo

test: $(VENV)/.dev ## every layer of tests, on real servers that it starts itself
	@$(CLEAN) $(BIN)/python -m pytest -n 3 --dist loadgroup $(ARGS)

unit: $(VENV)/.dev ## the tests that need no server
	@$(CLEAN) $(BIN)/python -m pytest -m unit -n 2 $(ARGS)

soak: $(VENV)/.dev ## the fault tests at their full durations
	@$(CLEAN) FLOWODM_TEST_KILLS=20 FLOWODM_SOAK=1 $(BIN)/python -m pytest -m faults $(ARGS)

oracle: $(VENV)/.dev ## 2,000 fresh random pairs of schemas, judged as by Apache Avro's Java (ARGS="--seed 7")
	@$(BIN)/python -m tests.oracle $(ARGS)

check: $(VENV)/.dev ## format, lint, types, layers
	$(BIN)/black --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.dev ## rewrite the sources in the house format
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/black --quiet .

docs: $(VENV)/.dev ## the documentation, as a site in docs/_build/html
	$(BIN)/python docs/tables.py
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(VENV)/.dev ## measure against the hand-written loops, interleaved
	@$(CLEAN) $(BIN)/python -m benchmarks

lock: ## solve the requirements again (needs uv)
	uv pip compile $(LOCKING) --extra dev pyproject.toml requirements/build.in -o requirements/dev.txt $(ARGS)
	uv pip compile $(LOCKING) --extra sandbox -c requirements/dev.txt pyproject.toml requirements/build.in -o requirements/sandbox.txt $(ARGS)

clean: ## remove the environment and what the tools left
	rm -rf $(VENV) docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: FlowODM needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)" >&2; \
	  echo "  name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	@echo "making $(VENV)" >&2
	@if uv --version >/dev/null 2>&1; then uv venv --quiet --python "$$(command -v $(PYTHON))" $(VENV); \
	else $(PYTHON) -m venv $(VENV); fi

# A stamp per lock file: installed once, again when the lock or the package's metadata changes.
$(VENV)/.%: requirements/%.txt pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "installing from $<" >&2
	@if uv --version >/dev/null 2>&1; then \
	  uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r $< && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi
	@touch $@
