# SPDX-License-Identifier: BSD-2-Clause
# Kernels under test and the machines they run in.

# Where downloaded kernels are kept; survives `make clean`.
PHIWARD_CACHE ?= $(BUILD)/cache
export PHIWARD_CACHE
KERNEL_CACHE := $(PHIWARD_CACHE)/kernels
KERNELS_ALL := 6.1 6.12 7

$(KERNEL_CACHE)/%/btf $(KERNEL_CACHE)/%/release:
	tests/vm/kernels.sh $*
