# Every target does its own set-up in .venv; nothing outside this folder is touched.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALL = $(BIN)/uv pip install -q --python $(BIN)/python
TORCH := $(shell sed -nE 's/^ *"(torch==[^"]+)",$$/\1/p' pyproject.toml)
# Node for the front end's checks: the one on PATH where it is new enough, else PyPI's in .venv.
NPM = cd labextension && PATH="$$PATH:$(abspath $(BIN))" npm

COMPILED := nbtrack/journal/_appender.c
FRONT_END := $(shell find labextension/src labextension/style labextension/schema -type f 2>/dev/null) \
	labextension/package.json labextension/package-lock.json labextension/tsconfig.json

.PHONY: help demo test check format schema bench bench-peers clean

help: ## Show this text
	@echo "nbtrack: what make can do here"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | \
		awk -F'\t' '{printf "  make %-11s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"nbtrack needs Python 3.11 or newer, this is {v[0]}.{v[1]}; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

$(BIN)/uv: $(BIN)/python
	$(BIN)/pip install --disable-pip-version-check -q uv
	@touch $@

$(VENV)/.demo-installed: $(BIN)/uv pyproject.toml labextension/hatch_build.py $(FRONT_END) $(COMPILED)
	$(INSTALL) -e '.[demo]'
	@touch $@

# torch by pip, which also looks where a machine keeps wheels of its own; uv would not.
$(VENV)/.dev-installed: $(BIN)/uv pyproject.toml labextension/hatch_build.py $(FRONT_END) $(COMPILED)
	$(BIN)/pip install --disable-pip-version-check --no-compile -q $(TORCH)
	$(INSTALL) -e '.[dev]'
	@touch $@ $(VENV)/.demo-installed

# The front end's build, a part of the install, fills node_modules where there is none yet.
labextension/node_modules/.package-lock.json: labextension/package-lock.json | $(VENV)/.dev-installed
	$(NPM) ci --ignore-scripts --no-audit --no-fund
	@touch $@

demo: $(VENV)/.demo-installed ## Open JupyterLab on the example notebook (HEADLESS=1: no browser)
	$(BIN)/nbtrack demo --directory .demo $(if $(HEADLESS),--headless)

test: $(VENV)/.dev-installed ## Run all tests, browser tests in Chromium included
	$(BIN)/python -m pytest --ignore=tests/browser -n logical --dist loadfile
	$(BIN)/python tests/browser/chromium.py
	$(BIN)/python -m pytest tests/browser --screenshot=only-on-failure --output=test-results

check: $(VENV)/.dev-installed labextension/node_modules/.package-lock.json ## Formatting, lint, types, layers, schema drift
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python labextension/scripts/generate_types.py --check
	$(NPM) run lint:check
	$(NPM) test

format: $(VENV)/.dev-installed labextension/node_modules/.package-lock.json ## Format and mend what can be mended
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(NPM) run lint

schema: $(VENV)/.dev-installed labextension/node_modules/.package-lock.json ## Generate the TypeScript types of the API
	$(BIN)/python labextension/scripts/generate_types.py

bench: $(VENV)/.dev-installed ## Measure speed and size, each against a baseline in the same run
	$(BIN)/python -m tests.benchmarks

bench-peers: $(VENV)/.dev-installed ## The same work by MLflow, Trackio, Aim and W&B, side by side
	$(BIN)/python -m tests.benchmarks.peers

clean: ## Remove what the other targets made
	rm -f nbtrack/journal/_appender.*.so
	rm -rf $(VENV) .bench .demo build dist nbtrack/labextension labextension/node_modules labextension/lib \
		labextension/*.tsbuildinfo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
