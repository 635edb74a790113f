# The only entrance. Needs a Python of 3.11 or later; everything else is built into .venv from the locks.

SHELL = /bin/sh
.DEFAULT_GOAL = help
.NOTPARALLEL:
.PHONY: help demo run seed test check fix bench soak soak-bugs screens lock environment

PORT ?= 8000
DB ?= sqlite
SIZE ?=
MINUTES ?= 5
# Where locks have an order to get wrong.
BUGS_DB = $(if $(filter command line environment,$(origin DB)),$(DB),postgres)
export PORT DB SIZE
# Japanese on any terminal, whatever the locale says.
export PYTHONUTF8 = 1

BIN = .venv/bin
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(UPGRADE)

help:
	@echo "make demo    start everything with fictional data    デモを開始する"
	@echo "             PORT=8001 another port, DB=postgres on a real PostgreSQL 18"
	@echo "make test    check, and all tests on SQLite and PostgreSQL    すべてのテスト"
	@echo "make check   lint, layers, types, migrations"
	@echo "make fix     put right what ruff and djade can, write docs/api/openapi.yaml anew"
	@echo "make run     development server (DEBUG=1) and worker on the data that is there"
	@echo "make seed    load the fictional data only; SIZE=300 adds a city of 300 people and their year"
	@echo "make bench   measure what bench/ measures"
	@echo "make soak    ask over HTTP while processes are killed; MINUTES=5, DB=postgres restarts that too"
	@echo "make soak-bugs  the same with five bugs put in: each must be found (DB=postgres or sqlite)"
	@echo "make screens take a picture of every main page for docs/screens/"
	@echo "make lock    compile the locks from pyproject.toml (UPGRADE=--upgrade takes newer versions)"

environment:
	@sh deploy/dev/bootstrap.sh

demo run seed: environment
	@exec $(BIN)/python deploy/dev/demo.py $@

test check: environment
	@exec $(BIN)/python deploy/dev/suite.py $@

fix: environment
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .
	@find templates -name '*.html' -exec $(BIN)/djade --target-version 5.2 {} + || true
	@$(BIN)/python manage.py spectacular --file docs/api/openapi.yaml
	@$(BIN)/ruff check --quiet .

bench: environment
	@exec $(BIN)/python -m bench

soak: environment
	@exec $(BIN)/python -m tests.soak.run --minutes $(MINUTES) --database $(DB)

soak-bugs: environment
	@exec $(BIN)/python -m tests.soak.power --database $(BUGS_DB)

screens: environment
	@exec $(BIN)/python deploy/dev/screens.py

lock: environment
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	grep '^uv==' requirements-dev.lock | sed 's/ .*//' | $(COMPILE) - -o requirements-uv.lock
