# `make demo` and `make test` do all their own set-up on a machine with git, make and Python 3.11.
# `make help` lists the rest.

VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.guitai-installed
CATALOGUES := config/locale
WORKERS ?= 2
# A test waits for terminals, devices and processes about a third of its time.
TEST_WORKERS ?= 3
SLOW_MARKERS := slow or postgres or browser or fault or privileged
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help demo test slow check check-static format bench messages lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(INSTALLED): requirements.lock pyproject.toml .ci/bootstrap
	@.ci/bootstrap environment $(VENV)
	@touch $@

demo: $(INSTALLED) ## a sample shop, head office and simulated devices, in this terminal
	@$(BIN)/pos demo

test: $(INSTALLED) ## unit, contract and journey tests and one real replay (a few minutes)
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist worksteal

slow: $(INSTALLED) ## replays, faults, PostgreSQL, browser and the installed wheel (root, and what .ci/run installs)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --timeout 1200 -m "$(SLOW_MARKERS)"

check-static: $(INSTALLED) ## format, lint, types, import contracts, catalogues
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_repository.py -k "catalogue"

check: check-static test ## all that must hold before a change lands

format: $(INSTALLED) ## rewrite what a tool can put right
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(INSTALLED) ## the bars, each against its baseline in the same run
	$(BIN)/python -m tests.bench $(BENCH)

messages: $(INSTALLED) ## extract the strings, update and compile the catalogues
	@mkdir -p $(CATALOGUES)
	$(BIN)/pybabel -q extract -F pyproject.toml -o $(CATALOGUES)/guitai.pot \
	    --project Guitai --copyright-holder "The Guitai maintainers" --msgid-bugs-address "" \
	    --add-location file --sort-output --add-comments "Translators:" --strip-comments .
	@sed -i '/^"POT-Creation-Date:/d' $(CATALOGUES)/guitai.pot # so that nothing new means no difference
	@if [ -e $(CATALOGUES)/zh_CN/LC_MESSAGES/guitai.po ]; then \
	    $(BIN)/pybabel -q update -D guitai -i $(CATALOGUES)/guitai.pot -d $(CATALOGUES) -l zh_CN \
	        --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date; \
	else \
	    $(BIN)/pybabel -q init -D guitai -i $(CATALOGUES)/guitai.pot -d $(CATALOGUES) -l zh_CN; \
	fi
	$(BIN)/pybabel -q compile -D guitai -d $(CATALOGUES) --statistics

lock: ## resolve the dependencies anew: uv.lock, and the hashed requirements.lock exported from it
	uv lock $(LOCK)
	uv export --quiet --locked --all-extras --no-emit-project --no-annotate --no-header \
	    --format requirements-txt --output-file requirements.lock
	@sed -i "1i # Every version and hash of every extra, for pip and uv alike. Made by make lock; not edited by hand." requirements.lock

clean: ## remove the environment and every cache
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
