# make help lists the targets. Everything but the system's own packages goes into .venv.

PYTHON ?= python3.11
CORES ?= all
# How and where runs are done: --profile slurm, for example.
SNAKEFLAGS ?= --cores $(CORES)

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SNAKEMAKE := $(BIN)/snakemake
DEMO := --configfile resources/demo/config.yaml
REPORT := --report-stylesheet resources/report.css --report
SNAKEFILES := Snakefile rules workflow
WITH_DATA = $(if $(DATA),--config 'data=$(DATA)')
# One file whose name may have spaces, or several.
CONFIGS = $(if $(shell test -f '$(CONFIG)' && echo yes),'$(CONFIG)',$(CONFIG))
# Of what Snakemake prints, a user needs how many jobs are done, and errors. What jobs say is printed in any case.
BRIEF := PYTHONPATH=workflow_scripts $(SNAKEMAKE) --logger brief
# Says in a sentence what is wrong with the files or the name that a target is given.
COMMANDS := PYTHONPATH=workflow_scripts $(BIN)/python -m plan.commands

# The runs of resources/runs/, by the study that they share.
BINARY_RUNS := max twist reb1 abf1 ctcf spi1
LABELLED_RUNS := gue_human_tf_0 gue_human_tf_2 gue_mouse_tf_0 gue_mouse_tf_2
# The same data sets with another study, and so under another name.
HYPERBOLIC_RUNS := $(addprefix hyperbolic_,$(LABELLED_RUNS))
PUBLISHED_RUNS := $(addprefix published_,$(LABELLED_RUNS))
# It makes its own data, so that its study is all there is to it.
PHYLOGENY_RUN := phylogeny_study
RUNS := $(BINARY_RUNS) $(LABELLED_RUNS) $(HYPERBOLIC_RUNS) $(PUBLISHED_RUNS) $(PHYLOGENY_RUN)
RUN_TARGETS := $(addprefix run-,$(RUNS))
# Studies of layers and trainings, and of numbers of windows. They are laid over a data set, and under what its kind needs.
PEAK_SETS := max twist reb1 abf1 ctcf
NETWORKS_RUNS := $(addprefix networks_,$(PEAK_SETS) $(LABELLED_RUNS))
LADDER_RUNS := $(addprefix ladder_,$(PEAK_SETS) $(LABELLED_RUNS))
# The hierarchies are simulated.
CURVATURE_RUNS := $(addprefix curvature_,$(LABELLED_RUNS) hierarchies)
LONG_TARGETS := $(addprefix run-,$(NETWORKS_RUNS) $(LADDER_RUNS) $(CURVATURE_RUNS))
# What is compared on the data sets of resources/benchmarks/.
BENCHMARK_STUDY ?= resources/runs/labelled_study.yaml

# The tools that jobs start by name must come from .venv, whatever the caller's PATH holds.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup config run demo report clean-run results networks ladder curvature benchmark docs page test test-slow fuzz lint \
	bench calibration norms reliability recipes clean $(RUN_TARGETS) $(LONG_TARGETS)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /make \1\t/' | expand -t 16

setup: $(INSTALLED) ## install everything into .venv (and bedtools and Chromium into Debian, as root)

demo: setup ## run the whole chain on a simulated experiment, with a report
	$(BRIEF) $(DEMO) $(SNAKEFLAGS) --rerun-incomplete
	$(SNAKEMAKE) $(DEMO) $(REPORT) results/demo/report.html
	@echo
	@PYTHONPATH=workflow_scripts $(BIN)/python -m study.print_summary results/demo/summary.tsv
	@echo
	@echo "Results: results/demo/results.md"
	@echo "Table:   results/demo/summary.tsv"
	@echo "Figures: results/demo/figures/"
	@echo "Report:  results/demo/report.html"

# The recipes read them from the environment, where blanks and quotation marks do no harm.
export BED GENOME NAME

config: setup ## write a configuration for peaks and a genome: make config BED=peaks.bed GENOME=hg19.fa.gz [NAME=gata1]
	@test -n "$$BED" && test -n "$$GENOME" || \
	    { echo 'Give a file of peaks and one of the genome: make config BED=peaks.bed GENOME=hg19.fa.gz' >&2; exit 1; }
	@PYTHONPATH=workflow_scripts $(BIN)/python -m configuration.proposal "$$BED" "$$GENOME" "$$NAME"

run: setup ## do a run, or go on with one that was cut off: make run CONFIG=gata1.yaml [CORES=8]
	@$(COMMANDS) run $(CONFIGS)
	$(BRIEF) --configfile $(CONFIGS) $(WITH_DATA) $(SNAKEFLAGS) --rerun-incomplete

.PHONY: estimate fit-costs
estimate: setup ## say what a run will cost before it starts: make estimate CONFIG=gata1.yaml [DATA=FOLDER]
	@PYTHONPATH=workflow_scripts $(BIN)/python -m plan.estimate $(CONFIGS) $(if $(DATA),--data '$(DATA)')

report: setup ## write report.html for a finished run of CONFIG (and DATA, where it needs one), beside its results
	@# The run is looked at beforehand: results that a changed file or key made old are shown, and a notice says so.
	@report=$$($(COMMANDS) report $(CONFIGS) $(if $(DATA),--data '$(DATA)')) && \
	    REPORT_NOTICE=$$($(COMMANDS) outdated $(CONFIGS) $(if $(DATA),--data '$(DATA)')) && export REPORT_NOTICE && \
	    $(SNAKEMAKE) --configfile $(CONFIGS) $(WITH_DATA) $(REPORT) "$$report" && \
	    if test -n "$$REPORT_NOTICE"; then echo "Warning: $$REPORT_NOTICE" >&2; fi

clean-run: setup ## remove files that a finished run no longer declares, and tell its disk use: make clean-run NAME=gata1
	@test -n '$(NAME)' || { echo 'Say which run: make clean-run NAME=gata1' >&2; exit 1; }
	@$(COMMANDS) clean '$(NAME)'

results: ## do every run of resources/runs on the files in DATA, go on with those cut off, then make page
	@test -n '$(DATA)' || { echo 'Say where the data are: make results DATA=FOLDER' >&2; exit 1; }
	@# One after the other, none kept from its turn by another that fails, and the page from those that are there.
	@$(MAKE) -j1 --keep-going $(RUN_TARGETS); status=$$?; $(MAKE) page && exit $$status

# One of these alone: make run-max DATA=FOLDER.
$(addprefix run-,$(BINARY_RUNS)): STUDY := binary
$(addprefix run-,$(LABELLED_RUNS)): STUDY := labelled
$(addprefix run-,$(HYPERBOLIC_RUNS)): STUDY := hyperbolic
$(addprefix run-,$(PUBLISHED_RUNS)): STUDY := hyperbolic published
$(addprefix run-,$(PHYLOGENY_RUN)): STUDY := phylogeny
$(RUN_TARGETS): DATA_SET = $(patsubst published_%,%,$(*:hyperbolic_%=%))
$(RUN_TARGETS): run-%: setup
	$(SNAKEMAKE) --configfile $(STUDY:%=resources/runs/%_study.yaml) \
	    $(filter-out %_study.yaml,$(sort $(DATA_SET:%=resources/runs/%.yaml) resources/runs/$*.yaml)) $(WITH_DATA) \
	    $(SNAKEFLAGS) --rerun-incomplete --keep-going

networks: $(addprefix run-,$(NETWORKS_RUNS)) ## compare layers and trainings on nine data sets in DATA, one thing changed at a time

ladder: $(addprefix run-,$(LADDER_RUNS)) ## compare networks at five numbers of windows on nine data sets in DATA

curvature: $(addprefix run-,$(CURVATURE_RUNS)) ## compare hyperbolic layers with curved and hardly curved space, on GUE sets in DATA and simulated hierarchies

# One of these alone: make run-networks_max DATA=FOLDER; with SMALL=yes in minutes, for a look at the chain; networks_*
# with SHORT=yes for a first answer.
$(LONG_TARGETS): DATA_SET = $(patsubst networks_%,%,$(patsubst curvature_%,%,$(*:ladder_%=%)))
$(LONG_TARGETS): LONG_STUDY = $(firstword $(subst _, ,$*))
$(LONG_TARGETS): LAID_OVER = study $(if $(filter $(DATA_SET),$(PEAK_SETS)),peaks) $(if $(SMALL),small) $(if $(SHORT),short)
$(LONG_TARGETS): run-%: setup
	$(SNAKEMAKE) --configfile resources/runs/$(DATA_SET).yaml $(LAID_OVER:%=resources/runs/$(LONG_STUDY)_%.yaml) \
	    --config $(if $(DATA),'data=$(DATA)') 'name=$*$(if $(SMALL),_small)$(if $(SHORT),_short)' $(SNAKEFLAGS) --rerun-incomplete --keep-going

benchmark: setup ## compare networks on a published data set: NAME=gue/human_tf_0 DATA=FOLDER
	@test -n '$(NAME)' && test -n '$(DATA)' || \
	    { echo 'Say which, and where: make benchmark NAME=gue/human_tf_0 DATA=FOLDER' >&2; exit 1; }
	@benchmark=$$($(COMMANDS) benchmark '$(NAME)') && $(BRIEF) --configfile $(BENCHMARK_STUDY) "$$benchmark" \
	    --config 'data=$(DATA)' 'name=$(subst /,.,$(NAME))' 'only=[$(notdir $(NAME))]' \
	    $(SNAKEFLAGS) --rerun-incomplete

docs: setup ## write the pages on configurations again, after a change of what a configuration may hold
	PYTHONPATH=workflow_scripts $(BIN)/python -m configuration.documentation docs/configuration.md config/README.md

page: setup ## gather the pages of the runs of resources/runs that were done into docs/results.md
	PYTHONPATH=workflow_scripts $(BIN)/python -m study.collect_pages $(addprefix results/,$(RUNS)) --out docs \
		--note 'What these runs show in words, and what limits them, is in [measurements.md](measurements.md).'

test: lint ## lint, then run every test that is not slow
	$(BIN)/pytest -n 2 --dist loadfile -m 'not slow'

test-slow: setup ## run the tests that take long and hardly ever fail
	$(BIN)/pytest -n 2 -m slow

fuzz: setup ## edit small inputs of every kind at random, and fail if one ends in a traceback or a silent change
	PYTHONPATH=workflow_scripts:tests:tests/support $(BIN)/python -m input_mutations

lint: setup ## check style and the workflow's conventions
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/snakefmt --check $(SNAKEFILES)
	$(SNAKEMAKE) --lint

recipes: setup ## make config, and run, for known factors on the files in DATA; write docs/recipes.md
	@test -n '$(DATA)' || { echo 'Say where the data are: make recipes DATA=FOLDER' >&2; exit 1; }
	@mkdir -p results/recipes
	@tail -n +2 resources/recipes.tsv | while IFS="$$(printf '\t')" read -r name peaks genome known; do \
	    config=results/recipes/$$name.yaml; \
	    test -f $$config || PYTHONPATH=workflow_scripts $(BIN)/python -m configuration.proposal \
	        "$(DATA)/$$peaks" "$(DATA)/$$genome" recipe_$$name $$config || exit 1; \
	    $(SNAKEMAKE) --configfile $$config $(SNAKEFLAGS) --rerun-incomplete --quiet all < /dev/null || exit 1; \
	done
	PYTHONPATH=workflow_scripts $(BIN)/python -m study.recipes resources/recipes.tsv results docs/recipes.md

bench: setup ## measure networks, training, negatives, sequences and the plan of a large study
	$(BIN)/python benchmarks/bench_networks.py
	$(BIN)/python benchmarks/bench_hyperbolic.py
	$(BIN)/python benchmarks/bench_long.py
	$(BIN)/python benchmarks/bench_training.py
	$(BIN)/python benchmarks/bench_sequences.py
	$(BIN)/python benchmarks/bench_negatives.py --megabases 100 --peaks 30000
	$(BIN)/python benchmarks/bench_plan.py

fit-costs: setup ## fit what jobs ask for to the benchmarks of finished runs: make fit-costs RUNS='results/demo results/gata1'
	@test -n '$(RUNS)' || { echo 'Say which runs: make fit-costs RUNS=results/demo' >&2; exit 1; }
	PYTHONPATH=workflow_scripts $(BIN)/python -m study.fit_costs $(RUNS)

calibration: setup ## simulate studies and write how often their verdicts are false into docs/error_rates.md
	PYTHONPATH=workflow_scripts:tests:tests/support $(BIN)/python -m error_rates

norms: setup ## draw docs/figures/hyperbolic_norms: how fast the points of both kinds of hyperbolic layers move out
	PYTHONPATH=workflow_scripts:tests:tests/support $(BIN)/python -m norm_growth docs/figures

# Some minutes of two idle cores each; the page tells what was found even where a check fails.
reliability: setup ## kill trainings and run the demo twice, and write what that showed into docs/reliability.md
	PYTHONPATH=workflow_scripts:tests:tests/support $(BIN)/python -m reliability kills
	PYTHONPATH=workflow_scripts:tests:tests/support $(BIN)/python -m reliability determinism

.PHONY: version release pins crate
crate: setup ## describe a finished run as an RO-Crate, in its folder: make crate NAME=gata1 [LICENCE=URL]
	@test -n '$(NAME)' || { echo 'Say which run: make crate NAME=gata1' >&2; exit 1; }
	@PYTHONPATH=workflow_scripts $(BIN)/python -m study.export_crate '$(NAME)' $(if $(LICENCE),'$(LICENCE)')

version: ## say which version this is
	@sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml

release: setup ## write the next version into the files that name it, before it is tagged: make release VERSION=0.2.0
	@PYTHONPATH=workflow_scripts $(BIN)/python -m workflow_support.versions release '$(VERSION)'

# An environment with packages of pip has no pin: Snakemake installs nothing but what a pin lists.
pins: setup ## have snakedeploy and conda, which must be installed, pin the packages of envs/ for linux-64
	CONDA_OVERRIDE_CUDA=$${CONDA_OVERRIDE_CUDA:-12.9} snakedeploy pin-conda-envs $$(grep -L 'pip:' envs/*.yaml)
	@PYTHONPATH=workflow_scripts $(BIN)/python -m workflow_support.pins envs

clean: ## remove caches; results/ and .venv stay
	rm -rf .pytest_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -path ./results -prune -o -name __pycache__ -type d -exec rm -rf {} +

$(INSTALLED): requirements.lock resources/setup/check_system.sh
	@PYTHON=$(PYTHON) resources/setup/check_system.sh
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --requirement requirements.lock
	@touch $@
