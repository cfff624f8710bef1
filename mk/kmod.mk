# SPDX-License-Identifier: BSD-2-Clause
# The kernel module, against the headers of Debian's 6.1 kernel. M is kmod/ and
# not the top of the tree: kbuild's own clean sweeps everything below M.

KDIR ?= $(lastword $(sort $(wildcard /usr/src/linux-headers-6.1.*-amd64)))
KMOD_SOURCES := $(wildcard kmod/*.c kmod/*.h kmod/Kbuild include/phiward/*.h)

.PHONY: kmod kmod-clean
kmod: $(BUILD)/kmod/phiward.ko ## build the kernel module

$(BUILD)/kmod/phiward.ko: $(KMOD_SOURCES)
	@test -n "$(KDIR)" || { echo "no kernel headers: run make deps" >&2; exit 1; }
	@mkdir -p $(@D)
	$(call say,KMOD)
	$(Q)$(MAKE) -s -C $(KDIR) M=$(CURDIR)/kmod modules
	@cp kmod/phiward.ko $@

kmod-clean:
	$(if $(KDIR),@$(MAKE) -s -C $(KDIR) M=$(CURDIR)/kmod clean)
