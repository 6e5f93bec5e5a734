# Whatever a developer types. Every target sets up what it needs, from nothing: no package of the system's but
# Python 3.11 or newer with pip. `make PYTHON=/path/to/python3.13 …` chooses another one for a new .venv.
# Only what looks at the contract from outside (`make contract`) needs Node.js as well.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
NODE_MODULES := openapi/node_modules
NODE := $(NODE_MODULES)/.installed
NODE_BIN := $(NODE_MODULES)/.bin
CLIENT_TOOLS := openapi/.venv/.installed
PIP := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check --quiet --quiet
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet

# A start without compiled modules takes twice as long, and the tests start the program many times.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test soak check contract contract-lint contract-changes clients examples format bench lock clean
# Two targets at once would install into one .venv at once.
.NOTPARALLEL:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(RUNTIME) ## Run a seeded trial on this machine, database included; ARGS=--once to see it through and stop
	@$(BIN)/nightbell demo $(ARGS)

test: $(DEV) ## Run the tests; ARGS="tests/test_postgres.py -k killed" for some of them
	@$(BIN)/pytest $(or $(ARGS),--numprocesses=4 --dist=worksteal)

soak: $(DEV) ## Look for what is rare: the tests with rounds, 500 of each; ROUNDS=1000 for more
	@SOAK_ROUNDS=$(or $(ROUNDS),500) timeout 8h $(BIN)/pytest -m soak --numprocesses=4 --dist=worksteal $(ARGS)

check: $(DEV) ## Check form, types, imports, migrations and the contract, changing nothing
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/squawk migrations/*.sql
	$(BIN)/python -m tests.support.licences
	$(BIN)/nightbell openapi --check

# What is one look at the contract is a target of its own, named here as one more line `contract: …`.
contract: contract-lint ## Look at the contract with the tools of those who build on it; needs Node.js, and no network after that

CONTRACTS := openapi/openapi.json openapi/sandbox.json

contract-lint: $(NODE)
	$(NODE_BIN)/spectral lint --ruleset openapi/spectral.yaml --fail-severity hint --quiet $(CONTRACTS)
	REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true $(NODE_BIN)/redocly lint --config openapi/redocly.yaml $(CONTRACTS)

contract: contract-changes

# The same as in `make check`: against the last release, in the direction of who sends.
contract-changes: $(DEV)
	$(BIN)/nightbell openapi --check

contract: clients

clients: $(DEV) $(NODE) $(CLIENT_TOOLS) ## Generate clients in four languages, compile them, walk the road; ARGS=kotlin for some
	@$(BIN)/python -m openapi.clients.make $(ARGS)

# Twice: what an operation answers is looked up in the document, which shows what it has answered.
examples: $(DEV) ## Record the examples of answers anew, from a live sandbox, and write the documents
	@$(BIN)/nightbell openapi
	@RECORD_EXAMPLES=1 $(BIN)/pytest --quiet tests/api/test_examples.py -k as_the_document_shows
	@$(BIN)/nightbell openapi

format: $(DEV) ## Bring the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV) ## Measure this machine
	@$(BIN)/python -m tests.bench $(ARGS)

# The development lock is held to the versions of the other, so that one .venv serves both.
lock: $(DEV) ## Write the Python lock files anew; ARGS=--upgrade for newer versions
	$(LOCK) --extra build --output-file requirements.lock $(ARGS)
	$(LOCK) --extra build --extra dev --constraint requirements.lock --output-file requirements-dev.lock $(ARGS)
	$(subst pyproject.toml,openapi/clients/requirements.in,$(LOCK)) --output-file openapi/clients/requirements.lock $(ARGS)

clean: ## Remove what was installed and cached; the data of the demo, in .data, stays
	rm -rf $(VENV) $(NODE_MODULES) openapi/.venv openapi/clients/build .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage bench.json dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): requirements.lock pyproject.toml
	$(call install,requirements.lock)
	@touch $@

# It holds all of the other lock.
$(DEV): requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)
	@touch $(RUNTIME) $@

$(NODE): openapi/package-lock.json openapi/package.json
	@node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))' 2>/dev/null && npm --version >/dev/null 2>&1 || { \
		echo "The contract is looked at with tools of Node.js, and this machine has no node 20 or newer with npm: install both. No other target needs them." >&2; exit 1; }
	@echo "Installing openapi/package-lock.json into $(NODE_MODULES) …"
	@npm ci --prefix openapi --no-progress --loglevel=error >/dev/null
	@touch $@

$(CLIENT_TOOLS): openapi/clients/requirements.lock
	@echo "Installing openapi/clients/requirements.lock into openapi/.venv …"
	@$(PYTHON) -m venv --clear --without-pip openapi/.venv
	@$(PYTHON) -m pip --python openapi/.venv/bin/python --disable-pip-version-check --quiet --quiet install \
		--root-user-action=ignore --require-hashes --requirement $<
	@touch $@

# Neither file marks a .venv that is being changed: what was interrupted is begun anew.
define install
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "Nightbell needs Python 3.11 or newer, and '$(PYTHON)' is not: try make PYTHON=/path/to/python3.11" >&2; exit 1; }
@$(PYTHON) -m pip --version >/dev/null 2>&1 || { \
	echo "Nightbell is installed by pip, which '$(PYTHON)' lacks: install python3-pip, or try another PYTHON" >&2; exit 1; }
@test -e $(RUNTIME) || test -e $(DEV) || $(PYTHON) -m venv --clear --without-pip $(VENV) || { \
	echo "The environment $(VENV) could not be made: the lines above say why" >&2; exit 1; }
@rm -f $(RUNTIME) $(DEV)
@echo "Installing $(1) into $(VENV) …"
@$(PIP) install --root-user-action=ignore --require-hashes --requirement $(1)
@$(PIP) install --root-user-action=ignore --no-deps --no-build-isolation --editable .
endef
