# make run    trains and evaluates as params.yaml says
# make test   checks lint, types and behaviour
# make bench  measures time and memory beside other tools
PYTHON ?= python3
VENV := .venv
# Python compiles a module when it is first imported. If pip compiled all files of all packages, it would take a minute.
PIP_OPTIONS := --quiet --disable-pip-version-check --no-compile
unexport PYTHONDONTWRITEBYTECODE
# DVC runs each stage in a shell as `python -m stages.NAME`. This `python` must be that of the environment.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help run test bench profile
.DEFAULT_GOAL := help

help:
	@echo 'make run                 run the pipeline with params.yaml, and print the results'
	@echo 'make profile             list the profiles'
	@echo 'make profile NAME=help   write params.yaml from profiles/help.yaml'
	@echo 'make test                lint, check types, run the tests'
	@echo 'make bench               measure time and memory beside other tools; first make run, and stop other programs'
	@echo 'make PYTHON=python3.12 run   make the environment in $(VENV) with another Python'

run: $(VENV)/run.stamp
	dvc repro
	@python -m stages.show

profile: $(VENV)/run.stamp
	@python -m stages.profile $(NAME)

test: $(VENV)/test.stamp
	ruff check .
	ruff format --check .
	mypy stages tests
	python -m pytest

bench: $(VENV)/test.stamp
	@python -m stages.bench

$(VENV)/run.stamp: requirements.txt | $(VENV)/bin/python
	python -m pip install $(PIP_OPTIONS) -r requirements.txt
	@touch $@

$(VENV)/test.stamp: requirements-dev.txt $(VENV)/run.stamp
	python -m pip install $(PIP_OPTIONS) -r requirements-dev.txt
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'error: $(PYTHON) is missing or older than 3.11; name a newer one: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
	  echo 'error: $(PYTHON) lacks the venv module; install it, on Debian with: apt install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
