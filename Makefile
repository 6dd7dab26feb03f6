# SPDX-License-Identifier: Apache-2.0
#
# Short names for what CMake's presets do; each first installs what it needs (scripts/setup).
ARGS =

.PHONY: all demo test bench exhaustive soak targets-gemm targets-conv targets-neon format lint install clean

all:
	scripts/setup lib
	cmake --preset release
	cmake --build --preset release

demo:
	scripts/setup demo
	cmake --preset demo
	cmake --build --preset demo --target ffp8-demo
	build/bin/ffp8-demo $(ARGS)

test:
	scripts/setup test
	cmake --preset test
	cmake --build --preset test
	scripts/run-tests build $(ARGS)

bench:
	scripts/setup bench
	cmake --preset bench
	cmake --build --preset bench --target ffp8-bench
	build/bin/ffp8-bench $(ARGS)

# Programs that say whether the speed goals are met on this machine.
targets-gemm targets-conv:
	scripts/setup bench
	cmake --preset bench
	cmake --build --preset bench --target ffp8-$@
	build/bin/ffp8-$@ $(ARGS)

# The same for the inner loops of the NEON tiers, without an AArch64 CPU: llvm-mca simulates them.
targets-neon:
	scripts/setup mca
	cmake --preset neon
	cmake --build --preset neon
	scripts/mca $(ARGS)

# Encoding of all 2^32 floats for the main formats, on every tier.
exhaustive:
	scripts/setup test
	cmake --preset test
	cmake --build --preset test --target ffp8-exhaustive
	build/bin/ffp8-exhaustive $(ARGS)

# Every kernel with a hundred fresh seeds: about ten minutes.
soak: all
	build/bin/ffp8-check -q --repeat=100 $(ARGS)

format:
	scripts/setup test
	scripts/format

lint:
	scripts/setup test
	cmake --preset test
	scripts/lint build

install: all
	cmake --install build

clean:
	rm -rf build
