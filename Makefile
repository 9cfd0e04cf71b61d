# The book and its package: `make help` lists what there is to do. Further commands stand at the end.
# Needs make and Python 3.11 to 3.13; the rest goes into .venv. To name a Python: make book PYTHON=python3.12

BIN  := .venv/bin
BOOK := $(BIN)/jupyter-book build . --all -W --keep-going -n
say   = @printf -- '--> %s\n' $(1)
# the public data sets, if any: in data/, or in the folder this names (made absolute: chapters run in notebooks/)
export DRCN_DATA_DIR := $(if $(DRCN_DATA_DIR),$(abspath $(DRCN_DATA_DIR)))

.DEFAULT_GOAL := help
.PHONY: help book pages serve test lint test-backends bench lab execute links setup vendor data-note constraints clean distclean

help:  ## list what there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

book: .venv/.installed _vendor/.fetched data-note  ## build the book into _build/html, running every chapter
	$(call say,"Running the chapters and building the pages: usually 4 to 8 minutes on two cores")
	@DRCN_EXECUTE=1 $(BOOK)
	$(call say,"Done. Open file://$(CURDIR)/_build/html/index.html")
	$(call say,"To try the network in the page: make serve")

pages: .venv/.installed _vendor/.fetched  ## build the pages from the saved outputs, running nothing (20 s)
	$(call say,"Building the pages from the saved outputs: usually 20 s")
	@$(BOOK) -q
	$(call say,"Done. Open file://$(CURDIR)/_build/html/index.html")

serve: .venv/.installed  ## serve the built book on http://localhost:8000
	$(call say,"Open http://localhost:8000 (stop with Ctrl-C)")
	@cd _build/html && $(CURDIR)/$(BIN)/python -m http.server --bind 127.0.0.1 8000

test: .venv/.installed _vendor/.fetched data-note  ## run all tests: package, notebooks, built site in a browser
	$(call say,"Running the tests: usually 10 to 15 minutes on two cores")
	@$(BIN)/python -m pytest tests notebooks --nbval-lax --nbval-current-env --nbval-cell-timeout=600

lint: .venv/.installed  ## check the code: ruff's rules and its format (1 s)
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .

test-backends: .venv/.installed .venv-backends/.installed  ## test TensorFlow, JAX and PyTorch against each other
	$(call say,"Testing the backends and several workers and Ray and the benchmarks: usually 3 to 5 minutes on two cores")
	@$(BIN)/python -m pytest tests/test_backends.py tests/test_distribution.py tests/test_benchmarks.py \
	    tests/test_upscaling_command.py::test_ray_does_the_same_and_a_rerun_only_what_is_missing

.venv-backends/.installed: requirements-backends.txt constraints.txt | .venv/.installed
	$(call say,"Installing JAX and PyTorch without TensorFlow into .venv-backends: usually 1 to 3 minutes")
	@$(BIN)/python -m venv --clear .venv-backends
	@.venv-backends/bin/python -m pip install -q --disable-pip-version-check -r requirements-backends.txt -c constraints.txt
	@touch $@

.venv/.peers: requirements-peers.txt constraints.txt | .venv/.installed
	$(call say,"Installing OpenCV into .venv: usually 10 s")
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-peers.txt -c constraints.txt
	@touch $@

bench: .venv/.installed .venv-backends/.installed $(if $(findstring peers,$(SECTION)),.venv/.peers) _vendor/.fetched data-note  ## measure speed beside peers; a part: make bench SECTION=step
	$(call say,"Measuring on a machine that should have nothing else to do: usually 25 to 35 minutes on two cores")
	@$(BIN)/python -m project.bench $(SECTION)
	@$(BIN)/python -m project.tables

lab: .venv/.installed  ## open JupyterLab on the first chapter
	$(call say,"Opening JupyterLab on the first chapter (stop with Ctrl-C)")
	@$(BIN)/jupyter trust notebooks/*.ipynb >/dev/null
	@$(BIN)/jupyter lab --ServerApp.root_dir=. $(if $(filter 0,$(shell id -u)),--allow-root) \
	    notebooks/01_problem.ipynb

execute: .venv/.installed data-note  ## run the chapters and save their outputs (CHAPTER=03 runs one)
	$(call say,"Running the chapters and saving their outputs: usually 4 to 8 minutes on two cores")
	@$(BIN)/python -m project.execute $(CHAPTER)

links: .venv/.installed _vendor/.fetched  ## check the links that leave the book (needs the network)
	$(call say,"Asking every linked host once: usually 1 minute")
	@$(BIN)/jupyter-book build . --builder linkcheck

setup: .venv/.installed  ## make .venv and install everything into it (2 GB)
.venv/.installed: requirements.txt constraints.txt pyproject.toml setup.py project/setup.sh
	@PYTHON="$(PYTHON)" project/setup.sh

vendor: _vendor/.fetched  ## fetch the scripts that the site serves itself
_vendor/.fetched: package.json package-lock.json project/vendor.py | .venv/.installed
	$(call say,"Fetching the scripts that the site serves itself by npm: usually 10 s")
	@$(BIN)/python -m project.vendor && touch $@

data-note:
	@cd "$${DRCN_DATA_DIR:-data}" 2>/dev/null || { echo "STOP: DRCN_DATA_DIR: no folder $$DRCN_DATA_DIR"; exit 1; }; \
	sets=$$(ls -d Set5 Set14 B100 Urban100 BSDS200 T91 2>/dev/null | tr '\n' ' '); \
	if [ -n "$$sets" ]; then echo "--> Using the public sets found in $$PWD: $$sets"; \
	else echo "--> Using the photographs that come with scikit-image (no public sets in $$PWD)"; fi

constraints: .venv/.installed  ## write constraints.txt anew from what is installed
	@$(BIN)/python -m project.freeze

clean:  ## remove what was built
	rm -rf _build

distclean: clean  ## remove the virtual environment and the fetched scripts too
	rm -rf .venv .venv-backends _vendor
