# One word each: demo, up, test, check, bench. Set-up runs by itself, tells its progress on standard error, and only once.
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash

VENV := .venv/ready
HTMX := api/static/vendor/htmx.min.js
SERVER := .tools/ready
CODE := rules definitions ledger documents activities workflows desk api runtime tests

export PYTHON

.PHONY: demo up test soak check bench setup parts clean

demo: setup   ## a county's two months in less than two minutes; ONCE=1 ends instead of staying up
	@.venv/bin/duban demo $(if $(filter 1,$(ONCE)),--once)

up: setup     ## everything on this machine
	@.venv/bin/duban up --example

bench: setup  ## this machine against bare Temporal, JSON on standard output
	@.venv/bin/duban bench

test: setup
	@setup/chromium.sh
	@.venv/bin/pytest -n 2 --dist worksteal $(TESTS)

soak: setup   ## the long tests: kill -9 in many rounds, a hundred runs, ten thousand histories; FURTHER=1 draws new ones
	@setup/chromium.sh
	@.venv/bin/pytest -n 2 -m soak $(if $(filter 1,$(FURTHER)),--hypothesis-profile further) $(TESTS)

check: $(VENV)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy $(CODE)
	@.venv/bin/lint-imports --no-logo

# Packages are fetched while the server is built: the one waits for the network, the other for the processor.
setup:
	@[ -x .venv/bin/python ] || setup/python.sh >/dev/null
	@$(MAKE) -j3 parts

parts: $(VENV) $(HTMX) $(SERVER)
	@:

$(VENV): requirements.lock pyproject.toml setup/venv.sh
	@setup/venv.sh

$(HTMX): setup/htmx.sh | $(VENV)
	@setup/htmx.sh

# Without Go it is the SDK that fetches one.
$(SERVER): setup/server.sh setup/gobuild.sh | $(if $(shell command -v go),,$(VENV))
	@setup/server.sh

clean:
	rm -rf .venv .tools api/static/vendor
