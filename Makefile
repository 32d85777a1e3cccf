# Python 3.11 or later and make are all that any target here asks for: each does its own set-up.

PYTHON_IN := .venv/bin/python
READY := .venv/.ready
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup serve test clients kills check bench load fuzz docs clean

# An environment names its folder, so after a move it is made again.
ifneq ($(shell cat $(READY) 2>/dev/null),$(shell pwd -P))
.PHONY: $(READY)
endif

$(READY): pyproject.toml scripts/setup
	@sh scripts/setup

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile
	@echo 'Options go in ARGS, as in: make serve ARGS="--port 9000 --memory"'

setup: $(READY) ## Only the set-up: an environment in .venv with the seatrial command
	@echo 'Ready: .venv/bin/seatrial'

serve: $(READY) ## Run the exchange; Ctrl-C stops it, its data stays
	@.venv/bin/seatrial serve --crowd-at-first calm $(ARGS)

# Each worker has a stretch of the tests, so that what they share is made once; one that has done its own takes others'.
PYTEST := $(PYTHON_IN) -m pytest -q -n auto --dist worksteal

# To rewrite the assertions of all tests takes each worker a quarter of a minute, so what was rewritten is kept.
test clients kills: export PYTHONDONTWRITEBYTECODE :=

test: $(READY) ## Run all tests on all cores, but for a few of `make clients`
	@$(PYTEST) $(ARGS)

clients: $(READY) ## Run all that real clients do, with the checks of their authors that take long
	@$(PYTEST) -m 'clients or not clients' tests/clients $(ARGS)

kills: $(READY) ## Kill a server 200 times under load, on SQLite and PostgreSQL, and prove what it kept
	@SEATRIAL_KILLS=200 $(PYTEST) tests/crash/test_kill.py $(ARGS)

check: $(READY) ## Style, types, layers and documents
	@$(PYTHON_IN) -m ruff check .
	@$(PYTHON_IN) -m ruff format --check .
	@$(PYTHON_IN) -m mypy
	@.venv/bin/lint-imports --no-logo
	@$(PYTHON_IN) scripts/fidelity.py --check
	@$(PYTHON_IN) scripts/links.py

bench: $(READY) ## Measure against the budgets, on PostgreSQL too, and beside pandas
	@$(PYTHON_IN) -m pip install --quiet --group bench
	@$(PYTHON_IN) -m bench $(ARGS)

load: $(READY) ## Three minutes of mixed traffic by 500 connections
	@$(PYTHON_IN) -m bench.endurance $(ARGS)

fuzz: $(READY) ## A hundred thousand broken calls: nothing may break, change or go missing
	@$(PYTHON_IN) -m fuzz $(ARGS)

docs: $(READY) ## Write the generated documents again
	@$(PYTHON_IN) scripts/fidelity.py

clean: ## Remove the environment and every cache; data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
