# SPDX-License-Identifier: BSD-2-Clause
# Lint: both compilers with warnings as errors, and whatever checkers are there.

SCRIPTS = $(shell git ls-files '*.bash'; git grep -lE --untracked '^.!/bin/([a-z]+ )?(ba)?sh$$')
C_SOURCES := $(wildcard userspace/*/*.c tests/unit/*/*.c tests/vm/tools/*.c tests/fuzz/*.c tests/record/*.c)
CHECKPATCH = $(shell mk/checkpatch.sh)
SPARSE = $(firstword $(wildcard /usr/bin/sparse))
SHELLCHECK = $(firstword $(wildcard /usr/bin/shellcheck))
CHECKPATCH_OPTIONS := --no-tree --terse --strict --file --max-line-length=100 \
	--ignore CONSTANT_COMPARISON,CAMELCASE,MACRO_ARG_REUSE,FILE_PATH_CHANGES,PREFER_KERNEL_TYPES,BIT_MACRO,LINE_SPACING,LINUX_VERSION_CODE

.PHONY: lint
lint: all ## check sources: gcc, clang, sparse, checkpatch, shellcheck, stack, the tree
	@echo "gcc and clang"
	@for compiler in gcc "$(CLANG) $(CLANG_WARNINGS)"; do printf "$$compiler %s\n" $(C_SOURCES); done | \
		xargs -P 2 -L 1 sh -c '"$$0" "$$@" -O2 -c $(PW_CFLAGS) -o /dev/null'
	@echo "sparse: $(or $(SPARSE),not here)"
	@$(if $(SPARSE),mk/build-module.sh 6.1 $(BUILD)/kmod/lint KMOD_DEBUG=1 C=2 CF="-Wsparse-error",true)
	@echo "checkpatch"
	@$(CHECKPATCH) $(CHECKPATCH_OPTIONS) kmod/*.[ch] include/phiward/guard.h; \
		code=$$?; rm -f .checkpatch-camelcase.*; exit $$code
	@echo "shellcheck: $(or $(SHELLCHECK),not here)"
	@$(if $(SHELLCHECK),$(SHELLCHECK) -x -S warning $(SCRIPTS),true)
	@mk/stack.sh $(BUILD)/bpf/phiward.bpf.o
	@for check in tests/tree/*.sh; do echo "$$check"; $$check || exit 1; done
