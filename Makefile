# make demo   mattes the sample clip onto a beach; the result lies in demo/
# make test   runs every check: ruff, mypy, pytest, the docs site
# Both first set up .venv, once. Another Python: make PYTHON=python3.12 test

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

.PHONY: demo test clean

demo: .venv/demo.stamp
	@mkdir -p demo
	$(BIN)/streammatte video sample demo/beach.mp4 --bg streammatte/assets/beach.jpg
	$(BIN)/python demos/moving_picture.py demo/moving.webp
	@echo
	@echo "The sample, matted onto a beach:   $(CURDIR)/demo/beach.mp4"
	@echo "Camera, alpha and composite:       $(CURDIR)/demo/moving.webp"

test: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@# NumPy for Python 3.10 describes the shapes of arrays otherwise, so that types are checked from 3.11 on.
	$(BIN)/python -c 'import sys; sys.exit(sys.version_info >= (3, 11))' || $(BIN)/mypy
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	$(BIN)/pytest -n auto

clean:
	rm -rf .venv demo site

# A server may lack the libGL that OpenCV's windows need: there, OpenCV without windows takes its place.
define check_opencv
	@$(BIN)/python -c 'import cv2' 2>/dev/null || { $(BIN)/python -m pip uninstall --yes opencv-python opencv-python-headless \
		&& $(BIN)/python -m pip install -c constraints.txt opencv-python-headless; }
endef

.venv/demo.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -c constraints.txt -e .
	$(check_opencv)
	@touch $@

.venv/test.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -c constraints.txt -e ".[dev]"
	$(check_opencv)
	@touch $@ .venv/demo.stamp

$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "Python 3.10 or newer is needed, and '$(PYTHON)' is not one. Name one: make PYTHON=python3.12 test"; exit 1; }
	@echo "Setting up .venv with $$("$(PYTHON)" --version); this takes some minutes, once"
	@"$(PYTHON)" -m venv .venv || { rm -rf .venv; \
		echo "'$(PYTHON)' cannot make a virtual environment. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
