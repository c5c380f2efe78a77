# The two commands: `make demo` and `make test`. Everything lives in .venv and frontend/node_modules.
BIN := .venv/bin
export LATENTSPACE_REQUIRE_BROWSER ?= 0
.PHONY: help demo test install check clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

demo: install ## from nothing to the page (ARGS="--port 9000")
	$(BIN)/latentspace demo digits $(ARGS)

install: .venv/installed ## a virtual environment with the program

.venv/installed: pyproject.toml constraints.txt
	python3 -m venv .venv && $(BIN)/pip install -q -c constraints.txt "torch>=2.10" && $(BIN)/pip install -q -c constraints.txt -e ".[train]" && touch $@

.venv/tested: .venv/installed
	$(BIN)/pip install -q -c constraints.txt -e ".[train,test,dev]" && touch $@

check: .venv/tested ## lint, types and import contracts
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/pyright && $(BIN)/lint-imports

test: .venv/tested ## lint, import contracts, tests of Python and page
	$(BIN)/ruff check . && $(BIN)/lint-imports && $(BIN)/python -m pytest -q
	$(BIN)/python hatch_build.py ci && $(BIN)/python hatch_build.py test

clean: ## remove what was built
	rm -rf .venv build dist frontend/node_modules src/latentspace/server/static
