# SPDX-License-Identifier: BSD-2-Clause
# One translation unit, one skeleton. vmlinux.h comes from the BTF of Debian's
# 6.1 kernel, never from the machine's own kernel and never edited by hand.

BPF_SOURCE := $(wildcard bpf/phiward.bpf.c)
SKELETON := $(if $(BPF_SOURCE),$(BUILD)/bpf/phiward.skel.h)
VMLINUX_H := $(BUILD)/bpf/vmlinux.h
# A hook's arguments are given by the kernel, wanted or not: no -Wunused-parameter.
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -std=gnu11 \
	-Wall -Wextra -Wtype-limits -Wno-unused-parameter -Werror -Iinclude -Ibpf -I$(BUILD)/bpf

$(eval $(call stamp,bpf-flags,$$(CLANG) $$(BPF_CFLAGS)))

.PHONY: bpf
bpf: $(SKELETON)

$(VMLINUX_H): $(KERNEL_CACHE)/6.1/btf
	@mkdir -p $(@D)
	$(call say,BTF)
	$(Q)$(BPFTOOL) btf dump file $< format c > $@

$(BUILD)/bpf/phiward.bpf.o: $(BPF_SOURCE) $(VMLINUX_H) $(BUILD)/.bpf-flags.stamp
	@mkdir -p $(@D)
	$(call say,BPF)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@
-include $(BUILD)/bpf/phiward.bpf.d

$(BUILD)/bpf/phiward.skel.h: $(BUILD)/bpf/phiward.bpf.o
	$(call say,SKEL)
	$(Q)$(BPFTOOL) gen skeleton $< name phiward > $@
