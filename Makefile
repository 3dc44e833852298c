# SPDX-License-Identifier: MIT
# The front door for people; the build itself is described in CMakeLists.txt.
.DEFAULT_GOAL := help
.PHONY: help demo check check-long sim dist bench firmware size bench-firmware bench-insn asan tsan \
	format install clean deps build
PREFIX ?= /usr/local
JOBS ?= $(or $(PAWL_JOBS),2)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

demo: build ## build a small Linux image from real sources, twice, and show what the second run saves
	@PAWL=$(CURDIR)/build/release/src/cli/pawl tool/demo

check: ## build and run all tests; the last line is `N passed, N failed`
	@tool/check dev

check-long: ## the same, with the loops that take minutes
	@PAWL_LONG=1 PAWL_SEEDS=10000 tool/check dev

sim: deps ## run one seeded test: make sim T=name [SEED=n]; writes its traces into build/sim
	@tool/sim "$(T)" "$(SEED)"

dist: deps ## write build/dist/pawl.h and pawl.c: the freestanding runtime as two files
	@tool/dist

bench: build ## measure; prints and writes build/bench/results.csv
	@tool/deps bench || echo "bench: without those peers that are not installed" >&2
	@cmake --build --preset release --parallel $(JOBS) --target bench

firmware: deps ## build all firmware and run it in QEMU on seven boards; last line as of check
	@firmware/check

size: deps ## measure RAM and flash on four machines; prints, and keeps in test/size
	@tool/size

bench-firmware: deps ## count instructions on a Cortex-M3 in QEMU; prints, and keeps in test/size
	@tool/bench-firmware

bench-insn: deps ## count instructions of the hot paths by callgrind; prints, and keeps in test/size
	@tool/deps bench
	@tool/bench-insn

asan: ## all tests under the address and undefined-behaviour sanitizers
	@tool/check asan

tsan: ## the tests with threads under the thread sanitizer
	@tool/check tsan

format: ## put all C files into the project's shape
	@git ls-files '*.c' '*.h' | xargs tool/format

install: build ## install a release build into PREFIX (default /usr/local), below DESTDIR
	@cmake --install build/release --prefix $(PREFIX)

clean: ## remove everything that was built
	@rm -rf build

deps: ## install the Debian packages that are missing
	@tool/deps

build: deps
	@cmake --preset release >/dev/null
	@cmake --build --preset release --parallel $(JOBS)
