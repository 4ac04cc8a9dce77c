# `make demo` and `make test` set up whatever they need, in .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test coverage lint format bench audit sbom fuzz fuzz-coverage clean

demo: $(VENV)/.installed
	$(BIN)/tuner run --study sepia-fix --quick
	$(BIN)/tuner export --study sepia-fix

test: lint
	$(BIN)/python -m pytest -n auto --dist loadgroup

# The same tests, traced: about a third slower, so not part of every change.
coverage: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n auto --dist loadgroup --cov --cov-report=term

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/claims.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/diagnosis.py
	$(BIN)/python benchmarks/likeness.py
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/surroundings.py
	$(BIN)/python benchmarks/step.py
	$(BIN)/python benchmarks/throughput.py
	$(BIN)/python benchmarks/study.py
	$(BIN)/python benchmarks/pruning.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/soak.py
	$(BIN)/python benchmarks/adapter.py
	$(BIN)/python benchmarks/recording.py
	$(BIN)/python benchmarks/many.py
	$(BIN)/python benchmarks/reliability.py

# Known vulnerabilities of what is installed; needs the network.
audit: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/python -m pip_audit --local --skip-editable

# A list of everything that is installed, for other tools.
sbom: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet cyclonedx-bom
	$(BIN)/python -m cyclonedx_py environment --pyproject pyproject.toml --output-file sbom.json $(BIN)/python

# A long run with many made-up inputs; INPUTS says how many of each kind.
INPUTS ?= 3000
fuzz: $(VENV)/.installed-dev
	FUZZ_INPUTS=$(INPUTS) $(BIN)/python -m pytest -q -p no:cacheprovider tests/fuzz

# The same kinds, guided by coverage, one process each; atheris is installed in a place of its own.
RUNS ?= 20000
fuzz-coverage: $(VENV)/.installed-dev
	test -x $(VENV)-atheris/bin/python || $(PYTHON) -m venv $(VENV)-atheris
	$(VENV)-atheris/bin/python -m pip install --quiet atheris
	PYTHONPATH=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'):.:tests \
		$(VENV)-atheris/bin/python tests/fuzz/guided.py $(RUNS)

clean:
	rm -rf $(VENV) $(VENV)-atheris .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage*

$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@
