# make run    start the switch on config/office.yaml
# make test   every test, with the programs that they need; those over real sockets one by one
# make check  format, lint, types and the fast tests
# make fuzz   SECONDS of looking for inputs that break parsers, endpoint and switch, each
# make bench  the benchmarks, as tables
# Each does its own set-up in .venv.

PYTHON ?= python3
CONFIG ?= config/office.yaml
SECONDS ?= 60
BIN := .venv/bin
PAGES := tests/interop/jssip
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: run test check format fuzz bench clean

run: .venv/installed
	$(BIN)/softswitch run $(CONFIG)

test: .venv/installed-dev $(PAGES)/node_modules/installed
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

fuzz: .venv/installed-dev
	for target in message endpoint switch sdp rtp; do \
	  $(BIN)/python -m tests.fuzz $$target --seconds $(SECONDS) || exit; \
	done

bench: .venv/installed-dev
	$(BIN)/python -m benchmarks register
	$(BIN)/python -m benchmarks call
	$(BIN)/python -m benchmarks call --direct
	$(BIN)/python -m benchmarks proxy
	$(BIN)/python -m benchmarks relay
	$(BIN)/python -m benchmarks record
	$(BIN)/python -m benchmarks playback
	$(BIN)/python -m benchmarks machines
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
	$(INSTALL) --no-build-isolation --editable '.[dev,fuzz]'
	touch $@

# Without a network it stays away, and the tests that need it are left out.
$(PAGES)/node_modules/installed: $(PAGES)/package-lock.json | .venv/installed-dev
	@.ci/pages

clean:
	rm -rf .venv $(PAGES)/node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
