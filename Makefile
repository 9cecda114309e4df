# Promo: every command a person or a machine needs. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help run demo test check format lint types layers bench lock messages clean

# Hundreds of processes load the same modules: what one has compiled must be kept for the others.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
ifdef UV
	$(UV) venv --quiet --python '>=3.11,<3.13' $(VENV)
else
	$(PYTHON) -m venv $(VENV)
endif

# One recipe for both sets; hashes are always required, the checkout itself is installed without isolation.
# Everything is compiled at once: every process of Promo would compile it for itself otherwise.
define install
	$(if $(UV),VIRTUAL_ENV=$(VENV) $(UV) pip install --compile-bytecode --quiet,$(BIN)/python -m pip install --quiet --disable-pip-version-check) --require-hashes -r $(1)
	$(if $(UV),VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet,$(BIN)/python -m pip install --quiet --disable-pip-version-check) --no-deps --no-build-isolation -e .
	$(BIN)/promo compile
	$(BIN)/python -m compileall -q config promo tasks
	@touch $@
endef

$(VENV)/installed: $(BIN)/python requirements.txt pyproject.toml
	$(call install,requirements.txt)

$(VENV)/installed-dev: $(BIN)/python requirements-dev.txt pyproject.toml
	$(call install,requirements-dev.txt)
	@touch $(VENV)/installed

run: $(VENV)/installed ## Start everything; the addresses are printed (Ctrl-C stops it)
	@exec $(BIN)/promo up

demo: $(VENV)/installed ## Start a fresh desk, filled with the items of a small town library
	@exec $(BIN)/promo up --fresh

test: $(VENV)/installed-dev ## The test suite
	@$(BIN)/promo compile
	$(BIN)/pytest

check: $(VENV)/installed-dev format lint types layers test ## Format, lint, types, layers, tests

format: $(VENV)/installed-dev ## Is the code formatted?
	$(BIN)/ruff format --check .

lint: $(VENV)/installed-dev ## ruff
	$(BIN)/ruff check .

types: $(VENV)/installed-dev ## mypy, strict
	$(BIN)/mypy

layers: $(VENV)/installed-dev ## The arrows between the packages
	$(BIN)/lint-imports

bench: $(VENV)/installed ## Benchmarks: mail, import and timetable
	$(BIN)/promo bench mail
	$(BIN)/promo bench import
	$(BIN)/promo bench timetable

lock: ## Resolve the two lock files anew (needs uv)
	uv pip compile pyproject.toml --extra embedded --group build --universal --python-version 3.11 --generate-hashes -q --custom-compile-command "make lock" -o requirements.txt
	uv pip compile pyproject.toml --extra embedded --group build --group dev --universal --python-version 3.11 --generate-hashes -q --custom-compile-command "make lock" -c requirements.txt -o requirements-dev.txt

messages: $(VENV)/installed-dev ## Collect the translatable strings anew
	$(BIN)/promo messages

clean: ## Remove the virtual environment and caches (never var/)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
