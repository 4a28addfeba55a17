# `make demo` shows the main job, `make test` runs the tests; both install what they need first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
BENCH_VENV := .venv-bench
PEERS_VENV := .venv-peers
DOCS_VENV := .venv-docs
QUALITY_VENV := .venv-quality
CODE := schemas topics wisebook_ml agents client bench tests docs/hooks.py .ci
# Half of the time tests wait, for processes and brokers: so four at once (`make test PARALLEL=` runs one after the other).
# Whole files, in their order: those that take longest come first (tests/conftest.py).
PARALLEL ?= -n 4 --dist loadfile --no-loadscope-reorder
# What decides, as `make coverage` asks more of it: folders of wisebook_ml/.
CORE := ledger habits features controls subjects models scoring drift tally windows treasury
CORE_COVERED ?= 95
ALL_COVERED ?= 88
FEC ?=
KEEP ?=
PAUSE ?=
DATA ?=
ONLY ?=
ANEW ?=
QUICK ?=
ENTRIES ?= 20000

.DEFAULT_GOAL := help
.PHONY: help setup demo tour test coverage chromium chaos evaluate evaluate-treasury evaluate-drift bench bench-quick docs \
	lint imports dead audit types format contracts dist client figures lock clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.all ## Make .venv with everything: scoring, training, development

demo: $(VENV)/.base ## Score a ledger from end to end: a generated one, or FEC=path; KEEP=1 leaves the dashboard
	@$(BIN)/wisebook-ml demo --entries $(ENTRIES) $(if $(KEEP),--keep) $(if $(FEC),"$(FEC)")

tour: $(VENV)/.all chromium ## A day in the life of all parts, shown step by step, with pictures; PAUSE=1 waits for Enter
	@$(BIN)/python -m tests.tour $(if $(PAUSE),--pause)

test: $(VENV)/.all chromium ## Run the tests (a real Kafka, a real PostgreSQL and a real browser are started for them)
	$(BIN)/python -m pytest -q $(PARALLEL)

# Tests, workers and commands they start, each writes its part; those that were killed (SIGKILL) write none.
comma := ,
space := $(subst ,, )
coverage: $(VENV)/.all chromium ## Run the tests as `test` does, and require that they pass through enough lines and branches
	@rm -rf build/coverage && mkdir -p build/coverage
	$(BIN)/python -m pytest -q $(PARALLEL) --cov --cov-report=
	@ls build/coverage/data.* >/dev/null 2>&1 && $(BIN)/coverage combine --quiet --append || true
	$(BIN)/coverage report --fail-under $(CORE_COVERED) \
		--include "$(subst $(space),$(comma),$(CORE:%=wisebook_ml/%/*))"
	$(BIN)/coverage report --fail-under $(ALL_COVERED)

# The tests of the pages need the system's Chromium; they fail with the same words where it cannot be installed.
chromium:
	@if [ -n "$$WISEBOOK_ML_CHROMIUM" ]; then exit 0; fi; \
	for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		if command -v $$name >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium from the system's packages (once, about a minute)"; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends chromium >/dev/null; \
	else \
		echo "There is no Chromium on this machine, which the tests of the pages need. Install it, or name its path:"; \
		echo "  sudo apt-get install chromium    (or)    make test WISEBOOK_ML_CHROMIUM=/path/to/chromium"; exit 1; \
	fi

chaos: $(VENV)/.all ## Kill workers and brokers, fill disks, and compare with a quiet run (long)
	$(BIN)/python -m pytest -q -m "chaos or soak" --durations=20

evaluate: $(VENV)/.all ## Evaluate the models on generated data, and on real data in DATA=folder (20 minutes)
	@$(BIN)/python -m bench.evaluate --pictures docs $(if $(DATA),--data "$(DATA)")

evaluate-treasury: $(VENV)/.all $(PEERS_VENV)/.done ## Evaluate forecasts of cash on generated companies, and on DATA=folder
	@WISEBOOK_ML_PEERS="$(CURDIR)/$(PEERS_VENV)/bin/python" $(BIN)/python -m bench.evaluate --only treasury \
		--pictures docs $(if $(DATA),--data "$(DATA)")

evaluate-drift: $(VENV)/.all $(PEERS_VENV)/.done ## Evaluate drift alarms beside Evidently and river, and on DATA=folder (20 minutes)
	@WISEBOOK_ML_PEERS="$(CURDIR)/$(PEERS_VENV)/bin/python" $(BIN)/python -m bench.evaluate --only drift \
		--pictures docs $(if $(DATA),--data "$(DATA)")

bench: $(VENV)/.all $(BENCH_VENV)/.done ## Measure speed, latency, memory beside Faust, Quix Streams and Bytewax (under 20 minutes)
	@$(BIN)/python -m bench --out docs/bench.jsonl --picture docs/bench.svg

bench-quick: $(VENV)/.all $(BENCH_VENV)/.done ## The same, smaller and once, beside the recorded ratios (under 3 minutes)
	@$(BIN)/python -m bench --quick --against docs/bench.jsonl

figures: $(VENV)/.all $(BENCH_VENV)/.done $(PEERS_VENV)/.done ## Run all benchmarks and evaluations, and write docs/figures.md (80 minutes; goes on where it was interrupted)
	@WISEBOOK_ML_PEERS="$(CURDIR)/$(PEERS_VENV)/bin/python" $(BIN)/python -m bench.figures $(if $(ONLY),--only "$(ONLY)") \
		$(if $(DATA),--data "$(DATA)") $(if $(ANEW),--anew) $(if $(QUICK),--quick)

# Not --quiet: warnings that are not shown would not fail either.
docs: $(DOCS_VENV)/.done ## Build the site of the documentation into build/site; warnings fail
	@NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/mkdocs build --strict
	@echo "Written to build/site. To read it, with search: $(DOCS_VENV)/bin/mkdocs serve"

lint: $(VENV)/.all imports dead ## Check style and format, imports, unused code, the contract's compatibility
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/python -m topics.contracts check
	$(BIN)/python -m topics.contracts compatible
	$(BIN)/python -m wisebook_ml.handbook.document check

imports: $(QUALITY_VENV)/.done ## Check that imports point one way (the contracts in pyproject.toml)
	PYTHONPATH=.:client $(QUALITY_VENV)/bin/lint-imports --no-cache --no-logo

# Of fields only parameters: those of records are read by whoever has the JSON, the row or the table.
dead: $(QUALITY_VENV)/.done ## Find code that nothing uses
	@found=$$($(QUALITY_VENV)/bin/vulture | grep -vE "unused (variable|attribute) .*\(60%"); \
		if [ -n "$$found" ]; then echo "$$found"; exit 1; else echo "No code is unused"; fi

audit: $(VENV)/.all $(QUALITY_VENV)/.done ## Check licences and known vulnerabilities of what is installed (asks a service)
	@$(QUALITY_VENV)/bin/pip-licenses --python $(BIN)/python --summary
	@$(QUALITY_VENV)/bin/python .ci/vulnerabilities.py $(QUALITY_VENV)/bin/pip-audit \
		$(wildcard requirements/*.txt) bench/requirements.txt bench/peers.txt

types: $(VENV)/.all ## Check types (strict)
	$(BIN)/mypy

format: $(VENV)/.all ## Repair style and format
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

contracts: $(VENV)/.all ## Write the JSON Schemas, the AsyncAPI document and the pages of docs/ that follow from the code anew
	$(BIN)/python -m topics.contracts write
	$(BIN)/python -m wisebook_ml.handbook.document write

# A source distribution, and the wheel from it, so that one that lacks a file fails here. Dates in the wheel are those of
# the last commit: the same commit gives the same bytes. What setuptools leaves beside the sources is of no use.
define build
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || date +%s) \
		$(BIN)/uv build --quiet --offline --no-build-isolation --python $(BIN)/python --out-dir dist $(1)
	@rm -rf $(1)/*.egg-info
endef

dist: $(VENV)/.all client ## Build wheel and source distribution of the release into dist/, and the client's
	$(call build,.)
	@ls dist

client: $(VENV)/.all ## Build the distribution for those who publish (client/) into dist/
	$(call build,client)
	@ls dist/wisebook_ml_client*

COMPILE = $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock: $(VENV)/.all ## Resolve the dependencies anew into requirements/
	$(COMPILE) --upgrade --extra train --extra dev pyproject.toml -o requirements/dev.txt
	$(COMPILE) -c requirements/dev.txt pyproject.toml -o requirements/base.txt
	$(COMPILE) -c requirements/dev.txt --extra train pyproject.toml -o requirements/train.txt
	$(COMPILE) --upgrade bench/peers.in -o bench/peers.txt
	$(COMPILE) -c requirements/dev.txt requirements/build.in -o requirements/build.txt
	$(COMPILE) --upgrade requirements/docs.in -o requirements/docs.txt
	$(COMPILE) --upgrade requirements/quality.in -o requirements/quality.txt
	cp requirements/base.txt bench/requirements.txt # the versions to prefer
	$(COMPILE) bench/requirements.in pyproject.toml -o bench/requirements.txt

clean: ## Remove what was installed and made here (the cached Kafka and compiled code stay)
	-@test ! -x $(BIN)/wisebook-ml || $(BIN)/wisebook-ml kafka stop
	rm -rf $(VENV) $(BENCH_VENV) $(PEERS_VENV) $(DOCS_VENV) $(QUALITY_VENV) .wisebook build dist *.egg-info .mypy_cache \
		.pytest_cache .ruff_cache .hypothesis .coverage
	@echo "What other checkouts share stays: Kafka and compiled code in the user's cache folder (~/.cache/wisebook-ml)"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is older. Try: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# What scoring, storing, the dashboard and the demo need: no tensorflow, prophet, shap, xgboost.
$(VENV)/.base: requirements/base.txt requirements/build.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing the base requirements into $(VENV) (once, about a minute)"
	@$(PIP) install --require-hashes --no-deps -r requirements/build.txt -r requirements/base.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/wisebook-ml compile
	@touch $@

$(VENV)/.all: requirements/dev.txt requirements/build.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing all requirements into $(VENV) (once, some minutes)"
	@$(PIP) install --require-hashes --no-deps -r requirements/build.txt -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/wisebook-ml compile
	@touch $(VENV)/.base $@

# The engines that the bench compares with, beside what scoring needs: some of them want other versions of the client.
$(BENCH_VENV)/.done: bench/requirements.txt | $(VENV)/bin/python
	@echo "Installing the requirements of the bench into $(BENCH_VENV) (once, about a minute)"
	@$(BIN)/python -m venv $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps \
		-r bench/requirements.txt
	@touch $@

# The peers of the evaluations of treasury and drift: statsforecast wants an older pandas than the rest.
$(PEERS_VENV)/.done: bench/peers.txt | $(VENV)/bin/python
	@echo "Installing the peers of the evaluation into $(PEERS_VENV) (once, some minutes)"
	@$(BIN)/python -m venv $(PEERS_VENV)
	@$(PEERS_VENV)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps -r bench/peers.txt
	@touch $@

# MkDocs and its theme, by themselves: nothing else of this project needs them, nor they it.
$(DOCS_VENV)/.done: requirements/docs.txt
	@echo "Installing MkDocs into $(DOCS_VENV) (once, half a minute)"
	@$(PYTHON) -m venv $(DOCS_VENV)
	@$(DOCS_VENV)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps \
		-r requirements/docs.txt
	@touch $@

# What looks at the code and at what is installed from outside.
$(QUALITY_VENV)/.done: requirements/quality.txt
	@echo "Installing the checks into $(QUALITY_VENV) (once, half a minute)"
	@$(PYTHON) -m venv $(QUALITY_VENV)
	@$(QUALITY_VENV)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps \
		-r requirements/quality.txt
	@touch $@
