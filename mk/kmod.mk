# SPDX-License-Identifier: BSD-2-Clause
# The kernel module: make kmod [KERNEL=6.1|6.12|7] [KMOD_DEBUG=1], build/kmod/KERNEL/phiward.ko,
# with KMOD_DEBUG in build/kmod/KERNEL-debug.

KERNEL ?= 6.1
KMOD_SOURCES := $(wildcard kmod/*.c kmod/*.h kmod/Kbuild include/phiward/*.h) mk/build-module.sh mk/headers.sh
KMOD = $(BUILD)/kmod/$(KERNEL)$(if $(KMOD_DEBUG),-debug)/phiward.ko
SIGN_FILE = $(lastword $(wildcard /usr/lib/linux-kbuild-*/scripts/sign-file))

.PHONY: kmod kmod-sign
kmod: $(KMOD) ## build the kernel module: KERNEL=6.1, KMOD_DEBUG=1

$(BUILD)/kmod/%-debug/phiward.ko: $(KMOD_SOURCES)
	$(call say,KMOD)
	$(Q)mk/build-module.sh $* $(@D) KMOD_DEBUG=1

$(BUILD)/kmod/%/phiward.ko: $(KMOD_SOURCES)
	$(call say,KMOD)
	$(Q)mk/build-module.sh $* $(@D)

# What Secure Boot asks for: the certificate is one that the machine trusts (mokutil --import).
kmod-sign: $(KMOD) ## sign it: KEY=FILE CERT=FILE
	@test -n "$(KEY)" -a -n "$(CERT)" || { echo "usage: make kmod-sign KEY=FILE CERT=FILE" >&2; exit 1; }
	@test -n "$(SIGN_FILE)" || { echo "no sign-file: run make deps" >&2; exit 1; }
	$(SIGN_FILE) sha256 "$(KEY)" "$(CERT)" $(KMOD)
