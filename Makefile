# What a developer needs. On Debian and Ubuntu `make test` and `make demo` set up a fresh machine by themselves.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SUDO   := $(shell [ "$$(id -u)" -eq 0 ] || echo sudo)
# One more than the two cores that it wants: tests wait for daemons a quarter of the time.
WORKERS ?= 3
ALL_TESTS = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# How coverage.py is told to start with each interpreter of the virtual environment.
MEASURED := COVERAGE_PROCESS_START=pyproject.toml

# The virtual machine of test-vm: docs/how-to/test-in-a-vm.md
CORE_VM_CACHE ?= /var/cache/core-vm
CORE_VM_SUITE ?= bookworm
CORE_VM_ACCEL ?= tcg,thread=multi
VM_TESTS      ?= tests/vm

.PHONY: help venv packages demo-packages test coverage test-unit test-compose test-builds test-sdk test-huge test-random test-crash test-hostile test-isolated test-third-party test-matrix test-vm lint demo bench proto clean fuzz fuzz-api
.DEFAULT_GOAL := help

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

demo: demo-packages venv  ## run a daemon, pull an image with progress, run it, talk to it, clean up
	$(SUDO) $(BIN)/core demo

test: packages lint compose-clients  ## everything: static checks, then all tests (root: sudo is used when needed)
	@$(SUDO) rm -rf build/coverage
	$(SUDO) env $(MEASURED) $(ALL_TESTS)

coverage: packages compose-clients  ## all tests, all measured, then the files that are not covered whole; takes longer than test
	@$(SUDO) rm -rf build/coverage
	$(SUDO) env $(MEASURED) COVERAGE_OF_EVERYTHING=1 $(ALL_TESTS)
	@$(SUDO) $(BIN)/python -m coverage report --skip-covered --fail-under=0

test-unit: venv  ## the tests that need no root and no packages
	$(BIN)/python -m pytest -m "not privileged" tests/unit tests/architecture

test-compose: packages compose-clients  ## a web application with PostgreSQL, Redis and nginx, of Debian packages, under Compose
	$(SUDO) $(BIN)/python -m tests.compose.debian_images
	$(SUDO) $(BIN)/python -m pytest -m slow tests/compose

test-sdk: packages venv  ## the Docker SDK for Python's own integration suite, fetched from PyPI
	$(SUDO) $(BIN)/python -m tests.sdk_suite.source
	$(SUDO) $(BIN)/python -m pytest -m slow tests/sdk_suite

test-huge: packages venv  ## a layer of a million files, loaded in bounded memory, and a real Debian
	$(SUDO) $(BIN)/python -m pytest -m slow tests/integration/images/test_huge_layers.py tests/cli/test_debian.py

RANDOM_SECONDS ?= 60
RANDOM_SEED    ?= 1

test-random: packages venv  ## any verb at any moment, by several clients at once (RANDOM_SECONDS, RANDOM_SEED)
	$(SUDO) env RANDOM_SECONDS=$(RANDOM_SECONDS) RANDOM_SEED=$(RANDOM_SEED) $(BIN)/python -m pytest -m slow tests/integration/test_random_verbs.py

CRASH_ROUNDS ?= 200
CRASH_SEED   ?= 1

test-crash: packages venv  ## kill the daemon at random instants under load, and at every write of each verb (CRASH_ROUNDS, CRASH_SEED)
	$(SUDO) env CRASH_ROUNDS=$(CRASH_ROUNDS) CRASH_SEED=$(CRASH_SEED) $(BIN)/python -m pytest -s -m slow tests/crash

test-hostile: packages venv  ## drivers that raise, hang, exit or return nonsense in each of their methods
	$(SUDO) $(BIN)/python -m pytest -m "slow or not slow" tests/plugins/test_hostile.py

ISOLATED := CORE_ISOLATION__STORAGE_OVERLAY__ENABLED=true CORE_ISOLATION__NET_BRIDGE__ENABLED=true \
            CORE_ISOLATION__VOLUME_LOCAL__CAPABILITIES='["CAP_SYS_ADMIN"]'

test-isolated: packages venv  ## the contract suites with drivers in processes of their own, and the command line with a daemon that isolates them
	$(SUDO) $(BIN)/python -m pytest -n $(WORKERS) -m "slow or not slow" tests/contract/test_isolated.py
	$(SUDO) env $(ISOLATED) $(BIN)/python -m pytest -n $(WORKERS) tests/cli tests/integration/networks tests/integration/volumes

test-third-party: packages venv  ## distributions of third parties beside the engine's wheel, also in processes of their own
	$(SUDO) $(BIN)/python -m pytest -m "slow or not slow" tests/third_party

test-builds: packages compose-clients  ## builds through three clients, compared file by file with the images buildah makes
	@$(MAKE) --no-print-directory install PACKAGES="$(BUILDS_PACKAGES)"
	$(SUDO) $(BIN)/python -m tests.compose.debian_images
	$(SUDO) $(BIN)/python -m pytest -m slow tests/builds_compared

test-matrix: packages venv  ## the verbs on every storage, runtime and network driver, in the daemon and isolated
	$(SUDO) $(BIN)/python -m pytest -m slow tests/plugins/test_matrix.py

test-vm: vm-packages venv  ## what differs with cgroup version 2, in a virtual machine (VM_TESTS: other tests)
	$(SUDO) env CORE_VM_CACHE="$(CORE_VM_CACHE)" CORE_VM_SUITE="$(CORE_VM_SUITE)" CORE_VM_ACCEL="$(CORE_VM_ACCEL)" \
	  $(BIN)/python -m pytest -p tests.vm.plugin $(VM_TESTS)

lint: venv  ## ruff, mypy, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

proto: venv  ## generate the protobuf classes of BuildKit's protocol anew
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m plugins.api_buildkit.proto.generate

bench: packages venv  ## measure containers, exec, list, memory and names through the API
	$(SUDO) $(BIN)/python -m tests.bench
	$(SUDO) $(BIN)/python -m tests.bench.dns

# A fuzzer goes on from what it found in earlier runs: keep FUZZ_CORPUS. A crash is written to build/fuzz as a file.
FUZZ_SECONDS ?= 60
FUZZ_CORPUS  ?= build/fuzz
FUZZ_OPTIONS := -max_total_time=$(FUZZ_SECONDS) -max_len=16384 -rss_limit_mb=1024 -timeout=20

fuzz: venv  ## feed the tar reader and the unpacker broken archives for FUZZ_SECONDS each
	$(BIN)/python -m pip install --quiet --group fuzz
	for target in tar_reader unpacking; do \
	  $(SUDO) $(BIN)/python -m tests.fuzz.seeds $(FUZZ_CORPUS)/$$target && \
	  $(SUDO) $(BIN)/python -m tests.fuzz.$$target $(FUZZ_OPTIONS) -artifact_prefix=$(FUZZ_CORPUS)/ $(FUZZ_CORPUS)/$$target || exit 1; \
	done

FUZZ_SEED ?= 1

fuzz-api: packages venv  ## random requests for every operation of the API, for FUZZ_SECONDS (FUZZ_SEED); an hour is 3600
	$(SUDO) env FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_SEED=$(FUZZ_SEED) $(BIN)/python -m pytest -s tests/fuzz/test_api.py

clean:  ## remove what was built here
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# The virtual environment ----------------------------------------------------------------------------------------------

venv: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=python3.x"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory install PACKAGES="python3-venv"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

# Debian packages ------------------------------------------------------------------------------------------------------
# Only what is missing is installed, and no service of theirs is started: policy-rc.d says no (invoke-rc.d(8)) while apt runs.

DEMO_PACKAGES := libnftables1 busybox-static docker-registry
TEST_PACKAGES := $(DEMO_PACKAGES) nftables containernetworking-plugins iptables iproute2 util-linux procps skopeo podman buildah debootstrap runc crun tini tmux e2fsprogs bzip2 xz-utils gcc libc6-dev strace
BUILDS_PACKAGES := buildah openssh-client
VM_PACKAGES := qemu-system-x86 debootstrap debian-archive-keyring e2fsprogs
POLICY := /usr/sbin/policy-rc.d

.PHONY: install compose-clients vm-packages
demo-packages:
	@$(MAKE) --no-print-directory install PACKAGES="$(DEMO_PACKAGES)"

packages:
	@$(MAKE) --no-print-directory install PACKAGES="$(TEST_PACKAGES)"

vm-packages:
	@$(MAKE) --no-print-directory install PACKAGES="$(VM_PACKAGES)"

# The Docker CLI (where the machine has none) and Compose are unpacked into a cache beside the system: Debian 12's are too old.
# Without Compose its tests skip.
compose-clients: venv
	@$(SUDO) $(BIN)/python -m tests.compose.clients

install:
	@missing=""; \
	for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q "ok installed" || missing="$$missing $$package"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	command -v apt-get >/dev/null || { echo "this machine has no apt-get; install the equivalents of:$$missing"; exit 1; }; \
	echo "installing:$$missing"; \
	own=""; [ -e $(POLICY) ] || { own=1; printf '#!/bin/sh\nexit 101\n' | $(SUDO) install -m 755 /dev/stdin $(POLICY); }; \
	$(SUDO) apt-get update -qq; \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	status=$$?; \
	[ -z "$$own" ] || $(SUDO) rm -f $(POLICY); \
	exit $$status
