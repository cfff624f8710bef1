# SPDX-License-Identifier: BSD-2-Clause
# phiward. `make help` lists the targets. Everything is built under build/;
# only `deps` and `install` need root.

BUILD := build
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDEXPANSION:
MAKEFLAGS += --no-builtin-rules

include mk/flags.mk
include mk/vm.mk
include mk/bpf.mk
include mk/user.mk
include mk/kmod.mk
include mk/test.mk
include mk/install.mk
include mk/lint.mk

.PHONY: all help clean
all: user bpf ## build the daemon, the command and the BPF programs

help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sort | \
		awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

clean: ## remove everything that was built, downloaded kernels excepted
	find $(BUILD) -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} + 2>/dev/null || true
