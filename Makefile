# 医桥 Yiqiao. It needs Python ≥ 3.11 with pip, and make; everything else it brings along, below .tools and .venv.
# `make` or `make help` tells what there is.

PYTHON     ?= python3
JOBS       ?= 4
PROFILE    ?= TENDER
STORY      ?= settlement
UV_VERSION := 0.13.9
UV         := .tools/uv-$(UV_VERSION)/bin/uv
SYNCED     := .venv/.synced
RUN        := .venv/bin

export UV_PYTHON_DOWNLOADS = never
export UV_PROJECT_ENVIRONMENT = .venv
# A hospital's proxy may have a certificate that only the system knows.
export UV_SYSTEM_CERTS = 1
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check format bench soak schema migrations structure install clean

##@ See it
demo: $(SYNCED) ## From nothing to a settled consultation. ONCE=1 ends after it; PROFILE=NATIONAL, STORY=full
	@$(RUN)/yiqiao demo $(if $(ONCE),--once) --profile $(PROFILE) --story $(STORY)

##@ Prove it
test: $(SYNCED) ## Every test; JOBS=4 processes (they wait more than they work), ARGS="-k name" chooses
	@$(RUN)/pytest tests -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(SYNCED) ## Style, types, and who may import whom
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports

bench: $(SYNCED) ## How fast the reads are, on a million orders; ARGS="--help" tells more
	@$(RUN)/python -m tests.bench $(ARGS)

soak: $(SYNCED) ## 2,000 requests of each transaction, 200,000 documents on both roads; ARGS="--forms N --documents N"
	@$(RUN)/python -m tests.soak $(ARGS)

##@ Work on it
format: $(SYNCED) ## Put the code into its form
	@$(RUN)/ruff check --fix .
	@$(RUN)/ruff format .

schema: $(SYNCED) ## Write schema/schema.graphql from the code
	@$(RUN)/yiqiao export-schema

migrations: $(SYNCED) ## Write a migration from the models: NAME=what_changed
	@test -n "$(NAME)" || { echo "make migrations NAME=what_changed" >&2; exit 2; }
	@$(RUN)/python -c 'import json; from app.database import tortoise_config; \
	  print(json.dumps(tortoise_config("") | {"connections": {"default": "asyncpg://nobody@localhost/nowhere"}}))' \
	  > .venv/tortoise.json
	@$(RUN)/tortoise --config-file .venv/tortoise.json makemigrations --name $(NAME)
	@$(RUN)/python -m tests.fixtures.structure

structure: $(SYNCED) ## Write app/migrations/structure.sql from the migrations, after one was edited
	@$(RUN)/python -m tests.fixtures.structure

##@ House-keeping
install: $(SYNCED) ## Only install what the other targets need

clean: ## Take away what was made here: .venv, .tools, caches, and the demonstration's database and keys
	@rm -rf .venv .tools .yiqiao .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## This
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# pip with --target needs neither a virtual environment nor the permission that PEP 668 withholds.
$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or later is needed; this is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12" >&2; exit 1; }
	@echo "installing uv $(UV_VERSION) below .tools"
	@PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 $(PYTHON) -m pip install --quiet --disable-pip-version-check \
	  --no-warn-script-location --target .tools/uv-$(UV_VERSION) uv==$(UV_VERSION)
	@test -x $@ && touch $@

$(SYNCED): $(UV) pyproject.toml uv.lock
	@$(UV) sync --quiet --frozen --compile-bytecode --extra embedded --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $@
