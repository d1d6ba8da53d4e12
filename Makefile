# One command each. PYTHON, 3.11 or later, makes the environment: `make test PYTHON=python3.12`; to change it afterwards, `make clean` first.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check
sum = $(shell { echo "$(CURDIR)"; cat $(1); } | cksum | cut -d ' ' -f 1)
PINNED := .venv/pinned-$(call sum,requirements.txt)
READY := .venv/ready-$(call sum,requirements.txt settings.ini setup.py pyproject.toml)
OFFLINE := HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 TOKENIZERS_PARALLELISM=false

.PHONY: demo test test-all prepare check docs-check docs-preview wheel clean

demo: $(READY) ## the whole method, small: English to another language on this machine, and a report
	$(BIN)/minimodel demo

test: $(READY) ## everything that takes minutes and needs no download
	@cache=$$(mktemp -d); trap 'rm -rf "$$cache"' EXIT; failed=; \
	$(BIN)/python tools/check.py --docs || failed="$$failed check"; \
	$(OFFLINE) OMP_NUM_THREADS=1 MINIMODEL_CACHE=$$cache HF_DATASETS_CACHE=$$cache/datasets $(BIN)/nbdev_test --timing || failed="$$failed nbdev_test"; \
	test -z "$$failed" || echo "failed before pytest:$$failed"; \
	$(BIN)/python -m pytest && test -z "$$failed"

test-all: $(READY) ## also the slow ones, which fetch the verse text
	@failed=; \
	$(BIN)/python tools/check.py --docs || failed="$$failed check"; \
	$(OFFLINE) $(BIN)/nbdev_test --timing --flags slow || failed="$$failed nbdev_test"; \
	test -z "$$failed" || echo "failed before pytest:$$failed"; \
	$(BIN)/python -m pytest --slow && test -z "$$failed"

prepare: $(READY) ## after editing a notebook: modules, clean notebooks, test files, README.md, the sidebar
	$(BIN)/nbdev_export
	$(BIN)/nbdev_clean
	$(BIN)/python -c "from nbdev.quarto import refresh_quarto_yml; refresh_quarto_yml()"
	$(BIN)/python tools/nb2tests.py
	$(BIN)/python tools/nb2readme.py
	$(BIN)/python tools/nb2sidebar.py

check: $(READY) ## is everything that is made from the notebooks up to date?
	$(BIN)/python tools/check.py

docs-check: $(READY) ## and can the docs be made from them?
	$(BIN)/python tools/check.py --docs

docs-preview: $(READY) ## the docs at http://127.0.0.1:4200, by smalldocs instead of Quarto
	$(PIP) --quiet smalldocs==0.5.4
	printf "from nbdev.serve import proc_nbs\nif __name__ == '__main__': proc_nbs()\n" > .venv/docs.py && $(BIN)/python .venv/docs.py
	$(BIN)/smalldocs preview _proc

wheel: $(READY) ## dist/*.whl
	rm -rf build
	$(BIN)/python -m pip wheel --no-deps --no-build-isolation --wheel-dir dist .

clean: ## all that these commands made, but for results in runs/
	rm -rf .venv build dist _docs _proc .pytest_cache *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

# The environment. Each stamp carries a checksum of what it stands for, so an unchanged environment costs nothing and a moved or outdated one is made anew.
$(PINNED):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed, and $(PYTHON) is older: try make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(PIP) $$(grep '^torch==' requirements.txt)
	$(PIP) --requirement requirements.txt
	touch $@

$(READY): $(PINNED)
	$(PIP) --quiet --no-deps --no-build-isolation --editable .
	rm -f .venv/ready-* && touch $@
