# SPDX-License-Identifier: BSD-2-Clause
# deps, install, uninstall. What INSTALLED lists is what uninstall removes.

PREFIX ?= /usr
DESTDIR ?=
bindir = $(PREFIX)/bin
sbindir = $(PREFIX)/sbin
datadir = $(PREFIX)/share
unitdir = $(PREFIX)/lib/systemd/system
initramfsdir = $(PREFIX)/share/initramfs-tools
sysusersdir = $(PREFIX)/lib/sysusers.d
completiondir = $(datadir)/bash-completion/completions

DEPS = $(shell sed 's/\#.*//' mk/deps.txt)

GROUPS_MADE := phiward-view phiward-audit phiward-admin
USERS_MADE := phiward-fleet
MAN_PAGES := $(wildcard docs/man/*.[1-8])
POLICIES := $(wildcard policies/*.yaml policies/cases/*.yaml)
COMPLETION := $(wildcard userspace/cli/phiward.bash-completion)
VERSION := $(shell sed -n 's/^.define PW_VERSION "\(.*\)"$$/\1/p' include/phiward/version.h)
# Where DKMS looks for the sources of the kernel module.
dkmsdir = $(PREFIX)/src/phiward-$(VERSION)
DKMS_SOURCES := dkms.conf $(wildcard kmod/*.c kmod/*.h kmod/Kbuild include/phiward/*.h)
UNITS := $(wildcard userspace/daemon/*.service userspace/agent/*.service)
EXAMPLES := $(wildcard share/*)

# SOURCE:TARGET:MODE
INSTALLED = $(if $(call HAVE,cli),$(BUILD)/phiward:$(bindir)/phiward:755) \
	$(if $(call HAVE,daemon),$(BUILD)/phiwardd:$(sbindir)/phiwardd:755) \
	$(foreach f,$(POLICIES),$(f):$(datadir)/phiward/$(f):644) \
	$(foreach f,$(MAN_PAGES),$(f):$(datadir)/man/man$(subst .,,$(suffix $(f)))/$(notdir $(f)):644) \
	$(if $(COMPLETION),$(COMPLETION):$(completiondir)/phiward:644) \
	$(if $(call HAVE,agent),$(BUILD)/phiward-fleet:$(sbindir)/phiward-fleet:755) \
	$(foreach f,$(UNITS),$(f):$(unitdir)/$(notdir $(f)):644) \
	$(foreach f,$(EXAMPLES),$(f):$(datadir)/phiward/$(notdir $(f)):644) \
	userspace/daemon/initramfs-hook:$(initramfsdir)/hooks/phiward:755 \
	userspace/daemon/initramfs-script:$(initramfsdir)/scripts/init-top/phiward:755 \
	$(foreach f,$(DKMS_SOURCES),$(f):$(dkmsdir)/$(f):644) \
	mk/phiward.sysusers:$(sysusersdir)/phiward.conf:644

field = $(word $(2),$(subst :, ,$(1)))

.PHONY: deps have-deps install uninstall
deps: ## install the Debian packages that building and testing need
	$(Q)mk/deps.sh $(DEPS)

# What is missing, in one line, before a compiler says it in many.
have-deps:
	@mk/deps.sh --check $(DEPS)

install: all ## install below DESTDIR, to PREFIX=/usr
	@$(foreach f,$(INSTALLED),install -D -m $(call field,$(f),3) $(call field,$(f),1) "$(DESTDIR)$(call field,$(f),2)" &&) true
	@$(if $(DESTDIR),,for group in $(GROUPS_MADE); do \
		getent group $$group > /dev/null || addgroup --quiet --system $$group || exit 1; done; \
		for user in $(USERS_MADE); do getent passwd $$user > /dev/null || \
			adduser --quiet --system --group --no-create-home --home /nonexistent $$user || exit 1; done)

# Below DESTDIR the directories that are empty then go too; in the system they are others'.
uninstall: ## remove what install made; policy, log and state stay
	@$(foreach f,$(INSTALLED),rm -f "$(DESTDIR)$(call field,$(f),2)" &&) true
	@$(if $(DESTDIR),cd "$(DESTDIR)" && rmdir -p --ignore-fail-on-non-empty \
			$(sort $(foreach f,$(INSTALLED),.$(dir $(call field,$(f),2)))) 2> /dev/null || true, \
		rmdir "$(datadir)/phiward/policies/cases" "$(datadir)/phiward/policies" "$(datadir)/phiward" "$(dkmsdir)/kmod" \
			"$(dkmsdir)/include/phiward" "$(dkmsdir)/include" "$(dkmsdir)" 2> /dev/null || true; \
		for user in $(USERS_MADE); do \
			! getent passwd $$user > /dev/null || deluser --quiet $$user || exit 1; done; \
		for group in $(GROUPS_MADE); do \
			! getent group $$group > /dev/null || delgroup --quiet $$group || exit 1; done)
