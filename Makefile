# make help lists the targets. Everything but the system's own packages goes into .venv.

PYTHON ?= python3.11
CONFIG ?= config.yaml
CORES ?= all

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SNAKEMAKE := $(BIN)/snakemake
DEMO := --configfile resources/demo/config.yaml
SNAKEFILES := Snakefile rules

# The tools that jobs start by name must come from .venv, whatever the caller's PATH holds.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo report test lint bench clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /make \1\t/' | expand -t 14

setup: $(INSTALLED) ## install everything into .venv (and bedtools and Chromium into Debian, as root)

demo: setup ## run the whole chain on a simulated experiment, with a report
	$(SNAKEMAKE) $(DEMO) --cores $(CORES) --rerun-incomplete
	$(SNAKEMAKE) $(DEMO) --report results/demo/report.html
	@echo
	@PYTHONPATH=workflow_scripts $(BIN)/python -m learning.print_summary results/demo/summary.tsv
	@echo
	@echo "Table:   results/demo/summary.tsv"
	@echo "Figures: results/demo/figures/"
	@echo "Report:  results/demo/report.html"

report: setup ## write report.html for a finished run of CONFIG (and DATA, where it needs one), beside its results
	$(SNAKEMAKE) --configfile '$(CONFIG)' $(if $(DATA),--config 'data=$(DATA)') --report \
	    results/$$($(BIN)/python -c 'import sys, yaml; print(yaml.safe_load(open(sys.argv[1]))["name"])' '$(CONFIG)')/report.html

test: lint ## lint, then run every test
	$(BIN)/pytest -n 2 --dist loadfile

lint: setup ## check style and the workflow's conventions
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/snakefmt --check $(SNAKEFILES)
	$(SNAKEMAKE) --lint

bench: setup ## measure networks, negatives and sequence extraction against other tools, at a small size
	$(BIN)/python benchmarks/bench_networks.py
	$(BIN)/python benchmarks/bench_sequences.py
	$(BIN)/python benchmarks/bench_negatives.py --megabases 100 --peaks 30000

clean: ## remove caches; results/ and .venv stay
	rm -rf .pytest_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -path ./results -prune -o -name __pycache__ -type d -exec rm -rf {} +

$(INSTALLED): requirements.lock resources/setup/check_system.sh
	@PYTHON=$(PYTHON) resources/setup/check_system.sh
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --requirement requirements.lock
	@touch $@
