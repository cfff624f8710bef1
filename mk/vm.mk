# SPDX-License-Identifier: BSD-2-Clause
# Kernels under test and the machines they run in.

# Where downloaded kernels are kept; survives `make clean`.
PHIWARD_CACHE ?= $(BUILD)/cache
export PHIWARD_CACHE
KERNEL_CACHE := $(PHIWARD_CACHE)/kernels
KERNELS_ALL := 6.1 6.12 7

$(KERNEL_CACHE)/%/btf $(KERNEL_CACHE)/%/release:
	$(call say,KERNEL)
	$(Q)tests/vm/kernels.sh $*

# Static helpers for the guest, one program a file.
TOOLS := $(patsubst tests/vm/tools/%.c,$(BUILD)/tools/%,$(wildcard tests/vm/tools/*.c))

.PHONY: tools kernels shell have-terminal
tools: $(TOOLS) ## build the helper programs of the tests

$(BUILD)/tools/%: tests/vm/tools/%.c $(BUILD)/.flags.stamp
	@mkdir -p $(@D)
	$(call say,TOOL)
	$(Q)$(CC) $(CFLAGS) -static -s $(PW_CFLAGS) -MMD -MP -MF $(BUILD)/.tool-$*.d -o $@ $< -ljson-c -luring -lpthread
-include $(TOOLS:$(BUILD)/tools/%=$(BUILD)/.tool-%.d)

kernels: ## download the kernels under test
	$(Q)tests/vm/kernels.sh $(KERNELS_ALL)

# Said before anything is built.
have-terminal:
	@test -t 0 && test -t 1 || { echo "make shell needs a terminal" >&2; exit 2; }

shell: have-terminal have-deps all tools ## a root shell on a protected console, the log beside it
	@tests/vm/run --shell -- tests/vm/shell
