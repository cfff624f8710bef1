# SPDX-License-Identifier: BSD-2-Clause
# Compilers, flags, and the rule that a change of either rebuilds.

ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wtype-limits -Wstrict-prototypes -Wmissing-prototypes -Werror
# The code is GNU C; clang alone warns of this extension.
CLANG_WARNINGS := -Wno-gnu-variable-sized-type-not-at-end
HARDENING := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
# Defined empty so that a source file may still say #define _GNU_SOURCE.
PW_CPPFLAGS := -D_GNU_SOURCE= -Iinclude -Iuserspace -I$(BUILD)/bpf
PW_CFLAGS = -std=gnu11 $(WARNINGS) $(PW_CPPFLAGS)
SAN_FLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

PACKAGES := libfyaml json-c libcrypto libcap-ng libseccomp libbpf libsystemd blkid libzstd sqlite3 libcurl libssl
LIBS = $(shell $(PKG_CONFIG) --libs $(PACKAGES)) -lIPSec_MB -lelf -lz -lpthread
LDFLAGS += -Wl,--as-needed

# `make V=1` shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' '$(1)' '$@')

# $(call stamp,NAME,TEXT): a file that changes only when TEXT does.
define stamp
$(BUILD)/.$(1).stamp: FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' '$(2)' | cmp -s - $$@ || printf '%s\n' '$(2)' > $$@
endef
.PHONY: FORCE
FORCE:

$(eval $(call stamp,flags,$$(CC) $$(CFLAGS) $$(PW_CFLAGS) $$(HARDENING) $$(SAN_FLAGS)))
