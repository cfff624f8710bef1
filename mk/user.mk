# SPDX-License-Identifier: BSD-2-Clause
# The stages, left to right. Each is a static archive that may use only what is
# to its left; the link order below is what makes an upward call fail.

STAGES := common policy bundle publish audit report fleet
HAVE = $(wildcard userspace/$(1)/*.c)
# the stages that exist, up to and with $(1); all of them for the programs
UPTO = $(if $(filter $(1),$(STAGES)),$(call upto_,$(1),$(STAGES)),$(STAGES))
upto_ = $(firstword $(2))$(if $(filter $(1),$(firstword $(2))),, $(call upto_,$(1),$(wordlist 2,99,$(2))))
reverse = $(if $(1),$(call reverse,$(wordlist 2,99,$(1))) $(firstword $(1)))
# $(call archives,VARIANT,STAGE): archives to link, rightmost first
archives = $(foreach s,$(call reverse,$(call UPTO,$(2))),$(if $(call HAVE,$(s)),$(BUILD)/$(1)/$(s)/libpw-$(s).a))

# $(call objects,VARIANT,DIR): build/VARIANT/DIR/*.o from userspace/DIR/*.c
objects = $(patsubst userspace/$(2)/%.c,$(BUILD)/$(1)/$(2)/%.o,$(call HAVE,$(2)))

define compile_rules
$(BUILD)/$(1)/$(2)/%.o: userspace/$(2)/%.c $(BUILD)/.flags.stamp | $(SKELETON)
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(CC) $(3) $$(PW_CFLAGS) -MMD -MP -c $$< -o $$@
-include $(patsubst %.o,%.d,$(call objects,$(1),$(2)))
endef

# What of the report does not depend on a log: see mk/report-page.sh.
PAGE := $(BUILD)/report/end.html
$(PAGE): mk/report-page.sh $(wildcard userspace/report/html/*) userspace/report/html/.npmrc
	$(call say,PAGE)
	$(Q)mk/report-page.sh $(@D)
$(foreach v,userspace san fuzz,$(BUILD)/$(v)/report/page.o): $(PAGE)

define archive_rule
$(BUILD)/$(1)/$(2)/libpw-$(2).a: $(call objects,$(1),$(2))
	$$(call say,AR)
	@rm -f $$@
	$$(Q)$$(AR) rcs $$@ $$^
endef

$(foreach d,$(STAGES) daemon cli agent,$(eval $(call compile_rules,userspace,$(d),$$(CFLAGS) $$(HARDENING))))
$(foreach s,$(STAGES),$(if $(call HAVE,$(s)),$(eval $(call archive_rule,userspace,$(s)))))

# The same once more with the sanitizers, for tests/unit and tests/fuzz.
$(foreach d,$(STAGES) daemon cli agent,$(eval $(call compile_rules,san,$(d),$$(SAN_FLAGS))))
$(foreach s,$(STAGES),$(if $(call HAVE,$(s)),$(eval $(call archive_rule,san,$(s)))))

PROGRAMS := $(if $(call HAVE,daemon),$(BUILD)/phiwardd) $(if $(call HAVE,cli),$(BUILD)/phiward) \
	$(if $(call HAVE,agent),$(BUILD)/phiward-fleet)

$(BUILD)/phiwardd: $(call objects,userspace,daemon) $(call archives,userspace,all)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) -pie -Wl,-z,relro,-z,now $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/phiward: $(call objects,userspace,cli) $(call archives,userspace,all)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) -pie -Wl,-z,relro,-z,now $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/phiward-fleet: $(call objects,userspace,agent) $(call archives,userspace,all)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) -pie -Wl,-z,relro,-z,now $(LDFLAGS) -o $@ $^ $(LIBS)

.PHONY: user
user: $(foreach s,$(STAGES),$(if $(call HAVE,$(s)),$(BUILD)/userspace/$(s)/libpw-$(s).a)) $(PROGRAMS)
