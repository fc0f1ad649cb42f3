# One place for what is run by hand and by CI. `make` alone lists the targets.

BIN := .venv/bin
export PYTHON

.PHONY: help run test test-long bench format schema screenshot wheel clean distclean ready

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## open the window on lesson S5; without a display, write a demonstration into ./bpviz-demo/
	@packaging/make_run

test: ready ## format, lint, types, import contracts, tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	QT_QPA_PLATFORM=offscreen $(BIN)/pytest --numprocesses auto

test-long: ready ## the tests that take minutes
	QT_QPA_PLATFORM=offscreen $(BIN)/pytest -m long --hypothesis-profile=long

bench: ready ## the benchmarks; they print tables and are not part of `make test`
	QT_QPA_PLATFORM=offscreen $(BIN)/pytest -o addopts="--strict-markers --strict-config" \
		--benchmark-only --benchmark-disable-gc -s tests/benchmarks

format: ready ## put all files into the common form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

schema: ready ## write the JSON Schema of sessions anew from the model
	$(BIN)/python packaging/write_schema.py

screenshot: ready ## make the README's picture anew, with the program itself
	QT_QPA_PLATFORM=offscreen $(BIN)/python packaging/screenshot.py

wheel: ready ## build dist/bpviz-….whl
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove what the other targets made, but for .venv
	rm -rf build dist bpviz-demo screenshots .benchmarks .coverage .hypothesis \
		.import_linter_cache .mypy_cache .pytest_cache .ruff_cache *.egg-info
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## remove .venv as well
	rm -rf .venv

ready:
	@packaging/setup test
