# One verb each. `make` alone lists them. Needs Python >= 3.11 and make; everything else is installed into .venv.
PYTHON ?= $(shell tools/fastest-python)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input -q

# Three, for two cores: tests that kill and wait leave one idle. Each keeps a chDB of half a gigabyte and starts servers beside it. Tests stay in
# order, so that those of a module share its server.
IN_PARALLEL := -n 3 --dist worksteal

# Python writes none where PYTHONDONTWRITEBYTECODE is set, as in many containers, and each start would then compile seven hundred files.
PACKAGES := config storage tracing gateway registry evals server bench

.PHONY: help up demo test check fix bench soak lock wheel clean bytecode
.DEFAULT_GOAL := help

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: bytecode ## install, then start the server on http://127.0.0.1:4242
	@$(BIN)/tidegate up $(ARGS)

demo: bytecode ## send sample traffic through a server of its own and print the scored traces
	@$(BIN)/tidegate demo $(ARGS)

test: $(VENV)/.development bytecode ## run all tests, or those that ARGS names
	@$(BIN)/python -m pytest $(or $(ARGS),$(IN_PARALLEL))

check: $(VENV)/.development ## lint, format, types, import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: $(VENV)/.development ## format, and mend what the linter can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.development bytecode ## one table: Tidegate beside its limits and its peers
	@$(BIN)/tidegate bench $(ARGS)

soak: $(VENV)/.development bytecode ## vendors that fail in every way and an account of each request; ARGS="--seconds 3600 --rate 12", or "--streams 1000"
	@$(BIN)/python -m tests.soak $(ARGS)

lock: ## renew the pins (needs uv)
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -q \
		pyproject.toml -o requirements.txt
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -q \
		--group dev pyproject.toml -c requirements.txt -o requirements-dev.txt

wheel: $(VENV)/.development ## build dist/*.whl
	@$(BIN)/python -m build --wheel

clean: ## remove what make made (never your data)
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

bytecode: $(VENV)/.runtime
	@$(BIN)/python -m compileall -q $(PACKAGES)

$(BIN)/tidegate:
	@python="$(PYTHON)"; \
	"$$python" -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Tidegate needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 up")' && \
	echo "creating $(VENV) with $$("$$python" -c 'import sys; print(sys.executable, sys.version.split()[0])')" >&2 && \
	"$$python" -m venv $(VENV)
	@printf '#!%s\nimport sys\nsys.path.insert(0, "%s")\nfrom tidegate import main\nmain()\n' "$(CURDIR)/$(BIN)/python" "$(CURDIR)" > $@
	@chmod +x $@

$(VENV)/.runtime: requirements.txt | $(BIN)/tidegate
	@echo "installing the pinned dependencies (about a minute, once)" >&2
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.development: requirements-dev.txt $(VENV)/.runtime
	@echo "installing the pinned tools for tests" >&2
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
