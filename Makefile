# The two commands: `make demo` and `make test`. Everything lives in .venv and frontend/node_modules.
BIN := .venv/bin
export LATENTSPACE_REQUIRE_BROWSER ?= 0
# Two processes; threads that wait must not spin, or each takes the other's core.
TOGETHER := -n 2 --dist loadfile
export OMP_WAIT_POLICY ?= passive
PAGE := $(shell find frontend -type f -not -path '*/node_modules/*')
.PHONY: help demo test install check e2e schema bench study docs bundle browser clean
EXTRAS ?= formats,survival

help: ## list the targets
	@grep -E '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

demo: install ## from nothing to the page (ARGS="--port 9000")
	$(BIN)/latentspace demo cardiac $(ARGS)

install: .venv/installed ## a virtual environment with the program

.venv/installed: pyproject.toml constraints.txt $(PAGE)
	python3 -m venv .venv && $(BIN)/pip install -q -c constraints.txt "torch>=2.10" && $(BIN)/pip install -q -c constraints.txt -e ".[train]" && touch $@

.venv/tested: .venv/installed
	$(BIN)/pip install -q -c constraints.txt -e ".[train,formats,survival,cluster,test,dev]" && touch $@

check: .venv/tested ## lint, types and import contracts
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/pyright && $(BIN)/lint-imports

test: .venv/tested browser ## lint, types, import contracts, tests of page and Python
	for step in "ci" "run lint" "run check" "test"; do $(BIN)/python hatch_build.py $$step || exit 1; done
	$(MAKE) check && $(BIN)/python -m pytest -q $(TOGETHER)

e2e: .venv/tested browser ## the tests in a browser alone
	$(BIN)/python hatch_build.py ci && $(BIN)/python -m pytest -q $(TOGETHER) tests/e2e

schema: .venv/tested ## the page's types from the server's routes: openapi.json and api.gen.ts
	$(BIN)/python -m latentspace.server.schema > frontend/src/backend/openapi.json && $(BIN)/python hatch_build.py run schema

bench: .venv/tested browser ## measure every speed claim beside peers; build/bench.json (ARGS="decode drag")
	$(BIN)/python -m benchmarks $(ARGS)

study: .venv/tested ## a comparison or calibration of studies/ (STUDY=against_dropfuse ARGS="W")
	$(BIN)/python -m studies.$(or $(STUDY),against_dropfuse) $(ARGS)

docs: .venv/tested ## build the documentation into build/docs
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs

bundle: docs ## all that a machine without internet needs, page and manual too (EXTRAS=train,formats,survival to train there)
	deploy/bundle.sh $(BIN) $(EXTRAS)

browser: ## Debian's Chromium, where root may install it and no browser is there
	@which chromium chromium-browser google-chrome >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || echo "no browser: its tests are skipped"

clean: ## remove what was built
	rm -rf .venv build dist frontend/node_modules src/latentspace/server/static
