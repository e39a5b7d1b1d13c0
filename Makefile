# Two commands for everyone:  make mix   make test        Others: see 'make help'.
# make mix MUSIC=~/Music LENGTH=10:00 OUT=set.ogg
SHELL := /bin/bash
LENGTH ?= 3:00
OUT ?= mix.flac
MUSIC ?=
BUILD := build/release
export OMP_WAIT_POLICY ?= passive

.PHONY: help build mix test asan bench compare models detectors format lint learning clean

help:
	@echo "make mix      a mix of the demonstration's music, or: make mix MUSIC=~/Music LENGTH=10:00 OUT=set.ogg"
	@echo "make test     build and test everything"
	@echo "make build    the program only: $(BUILD)/segue"
	@echo "make bench    measure speed and memory       make models    train the bundled networks again"
	@echo "make detectors  teach the detectors of segue judge again"
	@echo "make compare  segue beside other ways to make one stream, or: make compare MUSIC=~/Music"
	@echo "make asan     the tests under sanitizers     make learning  the learning half alone"
	@echo "make format   clang-format                   make lint      clang-tidy"

build:
	@scripts/packages.sh build
	@scripts/build.sh $(BUILD) segue

mix:
	@MUSIC="$(MUSIC)" LENGTH="$(LENGTH)" OUT="$(OUT)" scripts/mix.sh

test:
	@scripts/packages.sh build demo test
	@scripts/build.sh $(BUILD)
	@ctest --test-dir $(BUILD) --output-on-failure -j2

asan:
	@scripts/packages.sh build demo test
	@cmake --preset asan > build/asan.log && cmake --build --preset asan
	@ctest --preset asan

bench:
	@scripts/packages.sh build demo bench
	@scripts/bench.sh

compare:
	@scripts/packages.sh build demo bench
	@scripts/build.sh $(BUILD) segue segue-torch
	@MUSIC="$(MUSIC)" scripts/compare.sh

models:
	@scripts/packages.sh build demo models
	@scripts/build.sh $(BUILD) segue
	@scripts/models.sh

detectors:
	@scripts/packages.sh build demo models
	@scripts/build.sh $(BUILD) segue
	@scripts/detectors.sh

learning:
	@cmake --preset learning && cmake --build --preset learning

format:
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

lint:
	@scripts/lint.sh

clean:
	rm -rf build
