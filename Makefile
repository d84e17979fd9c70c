# The commands of the project. `make` alone lists them; each one brings what it needs and can be called first.
# Written for GNU make 3.81 and later, because that is what macOS has.

PYTHON_IN  := .venv/bin/python
CATALOGUES := $(wildcard credit_app/translations/*/LC_MESSAGES/messages.po)

.DEFAULT_GOAL := help
# The steps build on each other, and none is worth a second process.
.NOTPARALLEL:
.PHONY: help run test check lint types contract templates translations format messages lock bench drill demo-reset clean \
        environment environment-dev browser catalogues

help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: environment catalogues ## start the demonstration on http://127.0.0.1:8000 (HOST=, PORT= override)
	@exec .ci/serve.sh

test: environment-dev catalogues browser ## run every test: SQLite, PostgreSQL and the browser (ARGS= for pytest)
	$(PYTHON_IN) -m pytest -n 2 $(ARGS)

check: environment-dev lint types contract templates translations ## lint, format, types, import contract, templates, translations

lint: environment-dev
	$(PYTHON_IN) -m ruff check .
	$(PYTHON_IN) -m ruff format --check .

types: environment-dev
	$(PYTHON_IN) -m mypy

contract: environment-dev
	.venv/bin/lint-imports

templates: environment-dev
	$(PYTHON_IN) -m djlint templates --lint --quiet

translations: environment-dev
	$(PYTHON_IN) .ci/translations.py check

format: environment-dev ## put the code into the project's format
	$(PYTHON_IN) -m ruff check --fix .
	$(PYTHON_IN) -m ruff format .

messages: environment-dev ## collect new texts into the English catalogue
	$(PYTHON_IN) .ci/translations.py update

lock: environment-dev ## renew requirements*.txt from pyproject.toml (UPGRADE=1 takes newer versions)
	@.ci/lock.sh

bench: environment-dev catalogues ## measure against the minimal view and the floors (ARGS= for one bench)
	$(PYTHON_IN) -m bench $(ARGS)

drill: environment-dev catalogues ## kill workers and the database while pupils check in (ARGS="--kills 80 --seed 7")
	$(PYTHON_IN) -m tests.drills.crash $(ARGS)

demo-reset: environment catalogues ## throw the demonstration away and build it anew
	@.ci/demo-reset.sh

clean: ## remove what the tools made; the database in instance/ and .venv stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
	find credit_app -name '*.mo' -delete

environment:
	@.ci/bootstrap.sh runtime

environment-dev:
	@.ci/bootstrap.sh dev

browser: environment-dev
	@.ci/browser.sh

catalogues: $(CATALOGUES:.po=.mo)

%.mo: %.po
	@$(PYTHON_IN) -m babel.messages.frontend --quiet compile --input-file $< --output-file $@
