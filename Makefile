.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
DATA ?= ../shared/data
UV ?= uv
CLIENTS := tests/clients/node_modules

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

# Three stamps: what the service needs, what its developers need besides, and what the report of a model needs. pip refuses a file whose hash is not locked.
$(VENV)/run.stamp: requirements.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/report.stamp: requirements-report.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-report.txt
	@touch $@

# The npm clients that tests run. A machine without npm goes without them, and those tests say why they are skipped.
$(CLIENTS)/.stamp: tests/clients/package-lock.json
	@if command -v npm >/dev/null; then cd tests/clients && npm ci --silent --ignore-scripts && touch node_modules/.stamp; \
	else echo "no npm here: the tests of the npm clients will be skipped"; fi

run: $(VENV)/run.stamp ## start the service on 127.0.0.1:$(PORT); the first start prints a key and a password
	@MODERATOR_PORT=$(PORT) exec $(BIN)/moderator serve --demo

# A file's tests stay together: many files start a service or a browser once for all of theirs. One worker more than
# there are cores, since many tests wait for one of these.
test: $(VENV)/dev.stamp $(CLIENTS)/.stamp ## the whole test suite, on up to four cores
	$(BIN)/python -m pytest -n $$(n=$$(getconf _NPROCESSORS_ONLN); echo $$((n < 4 ? n + 1 : 4))) --dist loadfile

check: $(VENV)/dev.stamp ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

fmt: $(VENV)/dev.stamp ## format the code and repair what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/dev.stamp ## the benchmarks, each beside a ceiling measured in the same run
	$(BIN)/python -m benchmarks

pictures: $(VENV)/dev.stamp ## pictures of the console and the demo, those of the documentation among them
	$(BIN)/python -m benchmarks.pictures

month: $(VENV)/dev.stamp ## a month of a site's life in minutes, with learning and without it; renews the table in docs/training.md
	$(BIN)/python -m benchmarks.month --data $(DATA) --docs docs

model: $(VENV)/report.stamp ## train, evaluate and write a model version from the labelled files in $(DATA)
	$(BIN)/python -m training base --data $(DATA)

# The English of the templates and views is the key; a new text comes in empty, one that is gone goes.
texts: $(VENV)/dev.stamp ## bring the console's catalogues up to the texts in the code
	$(BIN)/pybabel -q extract -F pyproject.toml -k marked --no-location --sort-output --omit-header -o $(VENV)/console.pot .
	for language in de; do $(BIN)/pybabel -q update --init-missing --no-fuzzy-matching --ignore-obsolete --omit-header -i $(VENV)/console.pot -o moderator/console/locale/$$language.po -l $$language; done

lock: ## renew the locked requirements (needs uv)
	$(UV) pip compile -q pyproject.toml --group build --generate-hashes --no-strip-extras --universal --python-version 3.11 --no-header --no-emit-index-url -o requirements.txt
	$(UV) pip compile -q pyproject.toml --group build --extra postgres --generate-hashes --no-strip-extras --universal --python-version 3.11 --no-header --no-emit-index-url -c requirements.txt -o requirements-postgres.txt
	$(UV) pip compile -q pyproject.toml --group build --group report --generate-hashes --no-strip-extras --universal --python-version 3.11 --no-header --no-emit-index-url -c requirements.txt -o requirements-report.txt
	$(UV) pip compile -q pyproject.toml --group dev --extra postgres --generate-hashes --no-strip-extras --universal --python-version 3.11 --no-header --no-emit-index-url -c requirements.txt -o requirements-dev.txt

.PHONY: help run test check fmt bench pictures month model texts lock
