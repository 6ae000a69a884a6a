# Everything the project needs is set up here from the locks in requirements/; `make` alone prints the verbs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SITE := $(VENV)/lib/python3.11/site-packages
T ?= tests
# A test run takes every core, up to four, by workers with engines of their own; a single file is not worth a second one.
WORKERS ?= $(if $(findstring .py,$(T)),0,auto)
PYTEST := $(BIN)/pytest --numprocesses $(WORKERS) --maxprocesses 4 --dist worksteal
export PYTHONPATH := $(CURDIR)/services:$(CURDIR)
# A demo is read while it runs.
export PYTHONUNBUFFERED := 1

PROTO_FILES := $(shell find protos -name '*.proto')
PYTHON_TREES := services deploy tests
IMAGE := .local/protos.binpb

##@ Use
.PHONY: help demo run
help: ## Print the verbs
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*##/ {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## Tell the product's story on a local stack, then stop it
	@exec $(BIN)/python -m deploy.local demo

run: setup ## Leave the local stack up until Ctrl-C
	@exec $(BIN)/python -m deploy.local run

##@ Set up
.PHONY: setup protos wheel lock clean
setup: $(VENV)/.stamp services/outreach/.stamp ## Install the locked wheels and generate code

$(VENV)/.stamp: requirements/dev.txt
	@command -v $(PYTHON) > /dev/null || { echo "$(PYTHON) is needed" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

protos: services/outreach/.stamp ## Generate services/outreach from protos/

services/outreach/.stamp: $(PROTO_FILES) $(VENV)/.stamp
	rm -rf services/outreach
	$(BIN)/python -m grpc_tools.protoc -I protos -I $(SITE) --plugin=protoc-gen-mypy=$(BIN)/protoc-gen-mypy \
	  --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc --python_out=services --grpc_python_out=services \
	  --mypy_out=quiet:services --mypy_grpc_out=quiet:services $(PROTO_FILES)
	cd protos && find outreach -name '*_grpc_service_config.json' -exec cp --parents {} ../services/ \;
	@touch $@

wheel: setup ## Build the client's wheel into dist/
	rm -rf .local/wheel
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist services/outreach_client

lock: ## Compile requirements/*.txt from *.in
	for name in run dev; do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header requirements/$$name.in -o requirements/$$name.txt; done

clean: ## Remove what was generated
	rm -rf services/outreach .local dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

##@ Check
.PHONY: check fmt lint types contracts proto-lint
check: lint types contracts proto-lint ## Run every static check

fmt: setup ## Format
	$(BIN)/ruff format $(PYTHON_TREES)
	$(BIN)/ruff check --fix-only --quiet $(PYTHON_TREES)

lint: setup
	$(BIN)/ruff format --check --quiet $(PYTHON_TREES)
	$(BIN)/ruff check --quiet $(PYTHON_TREES)

types: setup
	$(BIN)/mypy $(PYTHON_TREES)

contracts: setup
	$(BIN)/lint-imports

$(IMAGE): $(PROTO_FILES) $(VENV)/.stamp
	@mkdir -p $(@D)
	$(BIN)/python -m grpc_tools.protoc -I protos -I $(SITE) --descriptor_set_out=$@ --include_imports --include_source_info $(PROTO_FILES)

proto-lint: $(IMAGE)
	$(BIN)/buf lint $(IMAGE) --config protos/buf.yaml
	if [ -f protos/released.binpb ]; then $(BIN)/buf breaking $(IMAGE) --against protos/released.binpb --config protos/buf.yaml; fi

.PHONY: release-protos
release-protos: $(IMAGE) ## Renew protos/released.binpb, the contract that later changes are checked against
	cp $(IMAGE) protos/released.binpb

##@ Test
.PHONY: test test-long unit contract integration e2e bench
test: setup ## Run all tests; T=path narrows, WORKERS=0 runs them one after another
	$(PYTEST) $(T)

unit contract integration e2e: setup ## Run one layer of tests
	$(PYTEST) tests/$@

test-long: setup ## Run what exceeds the 15-minute suite
	$(BIN)/pytest -m long $(T)

bench: setup ## Measure against the floors
	$(BIN)/python -m tests.bench
