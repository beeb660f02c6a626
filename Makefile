# One command each: `make demo` shows it, `make test` checks everything CI checks.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Processes that the tests are spread over; one more than cores, because flow tests wait for their server.
WORKERS ?= 3
# Where tests put their files: in memory if 4 GB of it are free. They commit some ten thousand times, and what a disk
# takes for that says nothing about them.
SCRATCH ?= $(shell test -w /dev/shm && df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4194304 {print "/dev/shm"}')

.PHONY: demo test lint types floors tests install format docs bench-codec clean

demo: install
	$(BIN)/cleanclaim --home .cleanclaim/demo demo

test: lint types floors tests

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt $(wildcard connectors/x12/native/*.[ch])
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
	  || { echo "cleanclaim needs Python 3.11 or 3.12; name one with PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV) \
	  || { echo "this Python has no venv module; on Debian: apt-get install python3-venv"; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy configs connectors expectations tasks flows

floors: install
	$(BIN)/lint-imports

# A test that fails is run once more, and the summary counts it as a rerun: some hundred of them start servers, kill
# processes or wait for a clock, beside each other on whatever machine this is. What fails twice has failed.
tests: install
	@scratch=$$(mktemp -d $(if $(SCRATCH),-p $(SCRATCH))) && trap 'rm -rf "$$scratch"' EXIT INT TERM && \
	TMPDIR=$$scratch PYTHONDONTWRITEBYTECODE= \
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 15 --reruns 1

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: install
	$(BIN)/python docs/generate.py

bench-codec: install
	$(BIN)/python benchmarks/codec.py --peers

clean:
	rm -rf $(VENV) build dist *.egg-info
