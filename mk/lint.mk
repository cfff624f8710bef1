# SPDX-License-Identifier: BSD-2-Clause
# Lint: both compilers with warnings as errors, and whatever checkers are there.

SCRIPTS = $(shell git ls-files '*.bash'; git grep -lE --untracked '^.!/bin/([a-z]+ )?(ba)?sh$$')
# gcc has compiled userspace for `all`, with these warnings. Those of clang come before its optimizer.
C_OF_TESTS := $(wildcard tests/unit/*/*.c tests/vm/tools/*.c tests/fuzz/*.c tests/record/*.c)
C_SOURCES := $(wildcard userspace/*/*.c) $(C_OF_TESTS)
# What builds the module once more is left to `make test`.
CHECKS_OF_TREE := $(filter-out tests/tree/dkms.sh,$(wildcard tests/tree/*.sh))
CHECKPATCH = $(shell mk/checkpatch.sh)
SPARSE = $(firstword $(wildcard /usr/bin/sparse))
SHELLCHECK = $(firstword $(wildcard /usr/bin/shellcheck))
CHECKPATCH_OPTIONS := --no-tree --terse --strict --file --max-line-length=100 \
	--ignore CONSTANT_COMPARISON,CAMELCASE,MACRO_ARG_REUSE,FILE_PATH_CHANGES,PREFER_KERNEL_TYPES,BIT_MACRO,LINE_SPACING,LINUX_VERSION_CODE

LINTS := lint-c lint-module lint-shell lint-tree
.PHONY: lint $(LINTS)
lint: $(LINTS) ## check sources: gcc, clang, sparse, checkpatch, shellcheck, stack, the tree
lint-c: all
	@echo "gcc and clang"
	@{ printf 'gcc -c -o /dev/null %s\n' $(C_OF_TESTS); \
		printf '$(CLANG) $(CLANG_WARNINGS) -fsyntax-only %s\n' $(C_SOURCES); } | \
		xargs -P 2 -L 1 sh -c '"$$0" "$$@" -O2 $(PW_CFLAGS)'
	@echo "stack"
	@for object in $(BPF_OBJECTS); do mk/stack.sh $$object || exit 1; done
lint-module: have-deps
	@echo "sparse: $(or $(SPARSE),not here)"
	@$(if $(SPARSE),mk/build-module.sh 6.1 $(BUILD)/kmod/lint KMOD_DEBUG=1 C=2 CF="-Wsparse-error",true)
	@echo "checkpatch"
	@$(CHECKPATCH) $(CHECKPATCH_OPTIONS) kmod/*.[ch] include/phiward/guard.h; \
		code=$$?; rm -f .checkpatch-camelcase.*; exit $$code
lint-shell:
	@echo "shellcheck: $(or $(SHELLCHECK),not here)"
	@$(if $(SHELLCHECK),$(SHELLCHECK) -x -S warning $(SCRIPTS),true)
lint-tree: all
	@for check in $(CHECKS_OF_TREE); do echo "$$check"; $$check || exit 1; done
