# SPDX-License-Identifier: BSD-2-Clause
# One translation unit, compiled for two kinds of kernels (PW_PLAIN() of bpf/compat.bpf.h), each with a
# skeleton. vmlinux.h comes from the BTF of Debian's
# 6.1 kernel, never from the machine's own kernel and never edited by hand.

BPF_SOURCE := $(wildcard bpf/phiward.bpf.c)
BPF_OBJECTS := $(if $(BPF_SOURCE),$(BUILD)/bpf/phiward.bpf.o $(BUILD)/bpf/phiward_cast.bpf.o)
SKELETON := $(BPF_OBJECTS:.bpf.o=.skel.h)
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

$(BUILD)/bpf/phiward_cast.bpf.o: private BPF_CFLAGS += -DPW_CAST
$(BPF_OBJECTS): $(BPF_SOURCE) $(VMLINUX_H) $(BUILD)/.bpf-flags.stamp
	@mkdir -p $(@D)
	$(call say,BPF)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@
	$(Q)llvm-strip -g $@	# of DWARF; the verifier has the lines from BTF
-include $(BPF_OBJECTS:.o=.d)

$(BUILD)/bpf/%.skel.h: $(BUILD)/bpf/%.bpf.o
	$(call say,SKEL)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@
