# `make run` opens the application, `make test` checks everything (with ARGS only those tests, and no coverage),
# `make coverage` shows what no test reaches. All set up what they need.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: run test coverage bench bench-window sheets kills alarms fuzz soak clean

run: $(VENV)/.installed
	@sh tools/system-libraries.sh run
	@sh tools/run.sh $(BIN)/backprop-gui

test: $(VENV)/.installed-dev
	@sh tools/system-libraries.sh test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n 2 $(or $(ARGS),--cov --cov-report=)

coverage: test
	$(BIN)/coverage html --quiet --skip-covered
	$(BIN)/coverage report

bench: $(VENV)/.installed-dev
	PYTHONPATH=. $(BIN)/python tests/benchmarks/training_speed.py
	$(BIN)/python tests/benchmarks/derivation_speed.py
	$(BIN)/python tests/benchmarks/sweep_speed.py
	$(BIN)/python tests/benchmarks/table_speed.py

# Frames, what each panel costs, and latencies; in JSON too, as in: make bench-window FIGURES=before
FIGURES ?= build/window
bench-window: $(VENV)/.installed-dev
	@mkdir -p $(dir $(FIGURES))
	QT_QPA_PLATFORM=offscreen $(BIN)/python tests/benchmarks/responsiveness.py --json $(FIGURES)-offscreen.json
	if command -v xvfb-run >/dev/null; then QT_QPA_PLATFORM=xcb xvfb-run -a -s "-screen 0 2560x1600x24" \
	  $(BIN)/python tests/benchmarks/responsiveness.py --json $(FIGURES)-xcb.json; fi

# Many worked sheets and formulas, as in: make sheets SHEETS=500
SHEETS ?= 200
sheets: $(VENV)/.installed-dev
	QT_QPA_PLATFORM=offscreen SHEETS=$(SHEETS) FORMULAS=$(SHEETS) $(BIN)/python -m pytest -q -n 2 \
	  tests/explain/test_pdflatex.py tests/explain/test_formulas_hold.py

# The real window killed at random moments, as in: make kills KILLS=1000
KILLS ?= 100
kills: $(VENV)/.installed-dev
	QT_QPA_PLATFORM=offscreen KILLS=$(KILLS) $(BIN)/python -m pytest -q -s -o faulthandler_timeout=0 tests/e2e/test_kills.py

# Built-in problems from many drawn starts: no diagnosis without trouble, as in: make alarms SEEDS=200
SEEDS ?= 50
alarms: $(VENV)/.installed-dev
	SEEDS=$(SEEDS) $(BIN)/python -m pytest -q -n 2 tests/session/test_diagnosis.py

# Hostile files for every reader, as in: make fuzz FUZZ=1000000
FUZZ ?= 200000
fuzz: $(VENV)/.installed-dev
	$(BIN)/python -m tests.fuzz.run $(FUZZ)

# The window living for so many seconds, as in: make soak SOAK=7200
SOAK ?= 3600
soak: $(VENV)/.installed-dev
	$(BIN)/python -m tests.soak.run $(SOAK)

clean:
	rm -rf $(VENV) build dist htmlcov .coverage

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Backprop GUI needs Python 3.11 or newer; name one with: make PYTHON=python3.11 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)

ENGINE := tools/build_engine.py $(wildcard backprop_gui/engine/compiled/*.[ch])

$(VENV)/.installed: pyproject.toml $(ENGINE) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(ENGINE) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.installed
