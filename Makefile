# The two commands: `make demo` and `make test`. Each sets up what it needs in .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SHIPPED := $(filter-out %_types.yaml,$(wildcard regmaps/*.yaml))
SOURCES := pyproject.toml requirements-dev.lock bindings/hal_build.py $(shell find bindings -name '*.[ch]' -o -name '*.[ch]pp')

# Warnings of the C compiler are errors in our own builds.
export HAL_WERROR := 1

# Hundreds of short programs are run: none compiles its modules anew, also where the environment asks for no bytecode.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo rtl-demo test qemu lint types bench nightly fuzz sanitize planted mutants pythons docs lock designs forms wheel check-wheel clean tools

demo: $(READY)
	$(BIN)/hal generate regmaps/cl_mem_perf.yaml -o build/demo
	PYTHONPATH=build/demo $(BIN)/python docs/examples/clock_demo.py

# The logic of a map, simulated: what the same driver sees on it and on the emulated card, and where the waves are.
rtl-demo: $(READY)
	@$(BIN)/hal cosim doctor >/dev/null || { $(BIN)/hal cosim doctor; exit 1; }
	$(BIN)/python docs/examples/rtl_demo.py build/rtl-demo

# Two more than there are cores: many tests wait for something.
WORKERS := $(shell echo $$(($$(nproc) + 2)))

test: $(READY)
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

# What takes a real kernel: a guest under QEMU with PCI devices (CONTRIBUTING.md).
qemu: $(READY)
	.ci/kernel
	HAL_TEST_TOOLS=qemu $(BIN)/python -m pytest -q tests/pci/guest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/clang-format --dry-run -Werror $$(find bindings tests/c tests/sdk -name '*.[ch]' -o -name '*.[ch]pp')

types: $(READY)
	$(BIN)/mypy
	$(BIN)/hal generate $(SHIPPED) -o build/types
	$(BIN)/mypy --strict $(patsubst regmaps/%.yaml,build/types/%.py,$(SHIPPED))
	$(BIN)/ruff check --ignore INP001 build/types  # all rules but that of folders

wheel: $(READY)
	rm -rf dist && $(BIN)/python -m build --outdir dist . >/dev/null

# One clear line for each tool that is missing, with the package that has it.
tools:
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: install the package python3 (3.10 or later)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "python3 is too old: 3.10 or later is needed; set PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "python3's venv is missing: install the package python3-venv"; exit 1; }
	@command -v gcc >/dev/null || { echo "gcc is missing: install the package gcc"; exit 1; }
	@$(PYTHON) -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))' || { echo "Python.h is missing: install the package python3-dev"; exit 1; }

$(READY): $(SOURCES) | tools
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Ratios to a bare C call, measured in one run; on a quiet machine. Also as build/bench/results.json.
# What it is compared with stays out of .venv.
PEERS := build/bench/peers
bench: $(READY) $(PEERS)/.ready
	$(BIN)/python -m tests.bench --peers $(PEERS) --json build/bench/results.json

$(PEERS)/.ready: tests/bench/peers.lock
	rm -rf $(PEERS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --target $(PEERS) -r $<
	touch $@

# A million operations against the model of the access policies; all languages and the card on a thousand maps; hostile
# calls, updates by processes that are killed, forks, and replacements of models.
nightly: $(READY)
	HAL_TEST_OPERATIONS=1000000 HAL_TEST_MAPS=1000 HAL_TEST_LOGIC_MAPS=1000 HAL_TEST_HOSTILE_CALLS=1000000 HAL_TEST_UPDATES=10000000 \
		HAL_TEST_FORKS=10000 HAL_TEST_REPLACEMENTS=100000 HAL_TEST_PATIENCE=1000 \
		$(BIN)/python -m pytest -q --timeout 0 tests/registers/test_against_model.py \
		tests/registers/test_constructs_against_model.py \
		tests/codegen/output/test_languages_agree.py tests/codegen/output/test_round_trips.py tests/fuzz/test_api.py tests/slots/test_processes.py \
		tests/emulator/test_model_events.py tests/codegen/views/rtl/test_rtl_block.py

# SECONDS=600 fuzzes longer, SEED=n again what another run did.
fuzz: $(READY)
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60) $(if $(SEED),--seed $(SEED))
	HAL_TEST_LARGEST=1 $(BIN)/python -m pytest -q tests/codegen/test_hostile_maps.py -k small

# The tests under ASan and UBSan, hostile arguments, TSan, and gcc's analyzer.
sanitize: $(READY)
	$(BIN)/python -m tests.sanitize

# The kept list of faults, each put into a copy of the tree: the tests that are named for it have to fail.
planted: $(READY)
	$(BIN)/python -m tests.mutants planted $(NAMES)

# All small faults of a module, one at a time: make mutants MODULE=hal/slots/locking.py SAMPLE=50
mutants: $(READY)
	$(BIN)/python -m tests.mutants $(MODULE) --sample $(or $(SAMPLE),0) $(if $(SEED),--seed $(SEED)) $(if $(TESTS),--tests $(TESTS)) $(if $(LINES),--lines $(LINES)) $(if $(MOST),--most $(MOST))

# The tests on every supported Python that is on this machine.
pythons:
	tests/pythons.sh

# The manual as HTML, in build/docs.
docs: $(READY)
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs

# Development dependencies for all supported Pythons, with their hashes.
lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url \
		--no-annotate --custom-compile-command "make lock" --extra dev --upgrade pyproject.toml -o requirements-dev.lock
	printf 'peakrdl-python==4.0.*\npeakrdl-html==2.*\nhdl-registers==8.*\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
		--no-emit-index-url --no-annotate --custom-compile-command "make lock" --upgrade - -o tests/bench/peers.lock

# The shipped designs of the emulated card, from the shipped register maps.
designs: $(READY)
	$(BIN)/python bindings/card_designs.py

# What takes right maps without pydantic, from pydantic's models.
forms: $(READY)
	$(BIN)/python -m tests.support.entry_forms --write
	$(BIN)/ruff format -q codegen/schema/direct

# The wheel in an empty environment, away from the sources: the command, a driver, the emulated card inside.
check-wheel: wheel
	rm -rf build/wheel && $(PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/python -m pip install --quiet --disable-pip-version-check dist/fpga_hal-*.whl
	cp docs/examples/wheel_check.py tests/maps/blinker.yaml build/wheel/
	cd build/wheel && venv/bin/hal generate blinker.yaml -o . && venv/bin/python wheel_check.py
	build/wheel/venv/bin/python -m pip install --quiet --disable-pip-version-check pytest
	cd build/wheel && venv/bin/hal new lamp && cd lamp && ../venv/bin/hal generate lamp.yaml -o . && ../venv/bin/python -m pytest -q
	HAL_TEST_WHEEL=$$(echo dist/fpga_hal-*.whl) $(BIN)/python -m pytest -q tests/project/test_supply.py

clean:
	rm -rf $(VENV) build dist *.egg-info hal/*.so hal/*.a .mypy_cache .ruff_cache .pytest_cache
