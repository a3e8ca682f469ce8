# The commands of this project. CMake and Ninja do the building; see CMakePresets.json for the kinds of build.
JOBS ?= $(shell nproc)
PYTHON := /usr/bin/python3
DEMO_OUT ?= out/demo
FUZZ_SECONDS ?= 1800
FUZZ_READERS ?= onnx_import labels scores dicom recipe

.DEFAULT_GOAL := build
.PHONY: packages test-packages fuzz-packages build demo test lint format sanitize sanitize-threads fuzz kill-and-resume bench science clean help

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## */\1|/p' Makefile | awk -F '|' '{ printf "make %-18s %s\n", $$1, $$2 }'

packages:
	@tools/install_packages.sh

test-packages:
	@tools/install_packages.sh --test

fuzz-packages:
	@tools/install_packages.sh --fuzz

# A stamp and not build.ninja itself: a configuration that failed half-way leaves no stamp and runs again.
build/.configured: CMakePresets.json | packages
	@cmake --preset release
	@touch $@

build-sanitize/.configured: CMakePresets.json | test-packages
	@cmake --preset sanitize
	@touch $@

build-sanitize-threads/.configured: CMakePresets.json | test-packages
	@cmake --preset sanitize-threads
	@touch $@

build-fuzz/.configured: CMakePresets.json | fuzz-packages
	@cmake --preset fuzz
	@touch $@

build: packages build/.configured  ## the program: build/niwaki, with niwaki-engine and niwaki-networks beside it
	@cmake --build build --parallel $(JOBS) --target niwaki

demo: build  ## the phantom study, from drawing the images to the report in out/demo
	@build/niwaki demo --out $(DEMO_OUT)

# OpenMP's threads sleep while they wait, because several test programs share the cores.
test: test-packages build/.configured  ## every test, the end-to-end script among them
	@cmake --build build --parallel $(JOBS)
	@cd build && OMP_WAIT_POLICY=PASSIVE ctest --output-on-failure --parallel $(JOBS)

kill-and-resume: build  ## a small study killed at 20 random moments, compared with an undisturbed one
	@$(PYTHON) tests/kill_and_resume.py --program build/niwaki --kills 20

bench: test-packages build/.configured  ## speed beside what users would pick instead, into docs/performance.md
	@cmake --build build --parallel $(JOBS) --target niwaki niwaki_bench_train niwaki_bench_bootstrap niwaki_bench_decode niwaki_bench_engine niwaki_bench_page niwaki_page_test_packages
	@bench/run

science: test-packages build/.configured  ## claims put to the proof where the truth is known, into docs/ (hours)
	@cmake --build build --parallel $(JOBS) --target niwaki niwaki_science_bootstrap niwaki_science_certificate
	@science/run

lint: test-packages  ## formatting, the table of rooms, names and bug patterns, scripts
	@tools/lint.sh $(JOBS)

format:  ## settles the formatting of every C++ file
	@git ls-files -z -- '*.cpp' '*.hpp' | xargs -0 -r clang-format-14 -i --style=file

sanitize: test-packages build-sanitize/.configured  ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	@cmake --build build-sanitize --parallel $(JOBS)
	@cd build-sanitize && OMP_WAIT_POLICY=PASSIVE ctest --output-on-failure --parallel $(JOBS)

# What libraries do among their own threads is not looked at: they are not built for it.
sanitize-threads: test-packages build-sanitize-threads/.configured  ## the rooms that have threads, under ThreadSanitizer
	@cmake --build build-sanitize-threads --parallel $(JOBS)
	@cd build-sanitize-threads && TSAN_OPTIONS=ignore_noninstrumented_modules=1:halt_on_error=1 OMP_WAIT_POLICY=PASSIVE \
	  ctest --output-on-failure --parallel $(JOBS)

fuzz: fuzz-packages build-fuzz/.configured  ## hostile files, FUZZ_SECONDS (1800) for each reader, under both sanitizers
	@cmake --build build-fuzz --parallel $(JOBS) --target $(FUZZ_READERS:%=niwaki_fuzz_%)
	@set -e; for reader in $(FUZZ_READERS); do echo "== $$reader"; mkdir -p build-fuzz/corpus/$$reader build-fuzz/found; \
	  build-fuzz/niwaki_fuzz_$$reader -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -rss_limit_mb=2048 -timeout=20 \
	    -print_final_stats=1 -artifact_prefix=build-fuzz/found/$$reader- build-fuzz/corpus/$$reader fuzz/corpus/$$reader; done

clean:  ## removes what was built, keeps studies in out/
	@rm -rf build build-debug build-sanitize build-sanitize-threads build-fuzz build-lint
