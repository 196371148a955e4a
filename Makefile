# make run    start the switch on config/office.yaml
# make test   every test, with the programs that they need; those over real sockets one by one
# make check  format, lint, types and the fast tests
# make bench  the benchmarks, as tables
# Each does its own set-up in .venv.

PYTHON ?= python3
CONFIG ?= config/office.yaml
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: run test check format bench clean

run: .venv/installed
	$(BIN)/softswitch run $(CONFIG)

test: .venv/installed-dev
	@.ci/prepare test
	$(BIN)/pytest -q -rs -n 2 -m "not interop"
	@marks=interop; \
	for program in sipp baresip; do \
	  if ! command -v $$program >/dev/null; then \
	    echo "left out: the tests marked '$$program', because $$program is not installed"; \
	    marks="$$marks and not $$program"; \
	  fi; \
	done; \
	$(BIN)/pytest -q -rs -m "$$marks"

check: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q -n 2 -m "not slow and not interop"

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/installed-dev
	$(BIN)/python -m benchmarks register
	$(BIN)/python -m benchmarks call
	$(BIN)/python -m benchmarks call --direct
	$(BIN)/python -m benchmarks proxy
	$(BIN)/python -m benchmarks relay
	$(BIN)/python -m benchmarks memory
	$(BIN)/python -m benchmarks restore

# The stamps are written last, so that a failed installation is begun anew. The build tool is
# installed before the project, so that it is one of the pinned packages.
.venv/bin/pip:
	@.ci/prepare run
	rm -rf .venv
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/pip pyproject.toml constraints.txt
	$(INSTALL) hatchling editables
	$(INSTALL) --no-build-isolation --editable .
	touch $@

.venv/installed-dev: .venv/installed
	$(INSTALL) --no-build-isolation --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
