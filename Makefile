# The verbs of the house. Each sets itself up in .venv first; `make` alone lists them.
# PYTHON names the interpreter to build .venv with; TORCH_INDEX, where given, is the index that torch alone comes from.

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
READY := $(VENV)/.ready
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
TORCH_INDEX ?=

# Two test processes on two cores: one thread each, and idle threads that give way; tests are handed out in small lots,
# since in large ones one process waits long for the other.
THREADS := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 GOMP_SPINCOUNT=1000
DEMO := distil tsak --data factory --teacher-view '*' --student-view 'right_wrist.acc.*' --protocol persons:4 --fast --run runs/demo
PYTEST_ARGS ?=
APP_ARGS ?= --open

unexport PYTHONPATH PYTHONHOME
.NOTPARALLEL:
.PHONY: help app demo demo-results test soak check fmt bench bench-app first-minute pictures constraints clean

help:
	@echo "make app          open the workbench in a browser (APP_ARGS='--port 0' and such)"
	@echo "make demo         distil the embedded line: both hands' 18 channels into one wrist's 3"
	@echo "make test         check, then every test (PYTEST_ARGS='-k name' for some)"
	@echo "make soak         a study of 60 runs, killed at 20 random moments, with two workers and with one"
	@echo "make check        lint, format, types and layers; changes nothing"
	@echo "make fmt          format the code and mend what the linter can"
	@echo "make bench        what distillation, losses, windows, jobs, students and explanations cost"
	@echo "make demo-results make the app's demo results anew (half an hour)"
	@echo "make bench-app    what the app costs in a browser: start, paint, reruns, bytes, playback, memory (ten minutes of it the kiosk)"
	@echo "make first-minute play a newcomer's first minute in a browser, and say when each thing is seen"
	@echo "make pictures     a picture of every page, light and dark, wide and narrow, into pictures/"
	@echo "make constraints  resolve every version anew into constraints.txt"
	@echo "make clean        remove .venv, .data and every cache; your runs stay"

app: $(READY)
	@$(BIN)/stillroom app $(APP_ARGS)

demo: $(READY)
	@rm -rf runs/demo
	$(BIN)/stillroom $(DEMO)

test: check
	$(THREADS) $(PY) -m pytest -n 2 --maxschedchunk 32 $(PYTEST_ARGS)

soak: $(READY)
	$(THREADS) $(PY) -m pytest -m soak tests/e2e $(PYTEST_ARGS)

check: $(READY)
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(BIN)/lint-imports

fmt: $(READY)
	$(PY) -m ruff check --fix-only
	$(PY) -m ruff format

bench: $(READY)
	$(BIN)/stillroom bench kd
	$(BIN)/stillroom bench losses
	$(BIN)/stillroom bench windows
	$(BIN)/stillroom bench jobs
	$(BIN)/stillroom bench latency
	$(BIN)/stillroom bench explain

bench-app: $(READY)
	$(PY) -m tests.benchmarks.app --json runs/bench-app.json

first-minute: $(READY)
	$(PY) -m tests.benchmarks.app.first_minute --json runs/first-minute.json --to pictures

pictures: $(READY)
	$(PY) -m tests.browser.pictures --to pictures

# The stamp comes last, so a setup that was cut off is taken up again.
$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "error: Stillroom needs Python 3.11 or newer; name one: make PYTHON=python3.11" >&2; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "error: $(PYTHON) is not Python 3.11 or newer; name one: make PYTHON=python3.11" >&2; exit 2; }
	@echo "setup 1/3: a virtual environment in $(VENV)"
	@$(PY) -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV)
	@echo "setup 2/3: torch, the largest download (some minutes the first time)"
	@$(PY) -m pip install -qq --disable-pip-version-check -c constraints.txt $(if $(TORCH_INDEX),--no-deps --index-url $(TORCH_INDEX)) torch
	@echo "setup 3/3: the other libraries and Stillroom itself"
	@$(PY) -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(READY)

demo-results: $(READY)
	$(THREADS) $(PY) assets/make_demo_results.py runs/demo-results --make

constraints: $(READY)
	$(PY) -m pip install -qq --dry-run --ignore-installed --report $(VENV)/resolved.json '.[dev,notebooks]'
	{ sed -n '/^#/p' constraints.txt; $(PY) -c "import json; \
	  found = [p['metadata'] for p in json.load(open('$(VENV)/resolved.json'))['install']]; \
	  pins = {m['name'].lower().replace('_', '-'): m['version'].split('+')[0] for m in found}; \
	  print(*(f'{name}=={pins[name]}' for name in sorted(pins) if name != 'stillroom'), sep='\n')"; \
	} > $(VENV)/constraints.new
	mv $(VENV)/constraints.new constraints.txt

clean:
	rm -rf $(VENV) .data .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find core app tests notebooks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
