# SPDX-License-Identifier: BSD-2-Clause
# Tests. make test [T=part of a file name] [KERNELS="6.1 6.12"|all]

KERNELS ?= 6.1
KERNELS_WANTED = $(if $(filter all,$(KERNELS)),$(KERNELS_ALL),$(KERNELS))
T ?=

# tests/unit/STAGE/test_X.c sees STAGE and what is to its left, nothing else.
UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/san/%,$(wildcard tests/unit/*/test_*.c))
# tests/fuzz/fuzz_X.c replays tests/corpus/X here and runs under libFuzzer in `make fuzz`.
REPLAYS := $(patsubst tests/%.c,$(BUILD)/san/%,$(wildcard tests/fuzz/fuzz_*.c))
# tests/record/*.c: what the scripts beside them call.
RECORD_TOOLS := $(patsubst tests/%.c,$(BUILD)/san/%,$(wildcard tests/record/*.c))
PROGRAMS_WANTED = $(foreach p,$(UNIT_TESTS) $(REPLAYS),$(if $(findstring $(T),$(p))$(if $(T),,1),$(p)))
BATS_WANTED = $(wildcard tests/bats/*$(T)*.bats)
BOOT_WANTED = $(if $(filter 6.1,$(KERNELS_WANTED)),$(wildcard tests/boot/*$(T)*.bats tests/story/*$(T)*.sh))
# Files that load the module say for which kernels; for these, and the one that tries itself.
KMOD_KERNELS = $(shell cat /dev/null $$(grep -l phiward.ko /dev/null $(BATS_WANTED)) | sed -n 's/^\# kernels: *//p')
KMODS_WANTED = $(foreach k,$(filter $(KMOD_KERNELS),$(KERNELS_WANTED)), \
	$(BUILD)/kmod/$(k)/phiward.ko $(BUILD)/kmod/$(k)-debug/phiward.ko) \
	$(if $(BOOT_WANTED),$(BUILD)/kmod/6.1/phiward.ko)

SAN_LINK = $(CC) $(SAN_FLAGS) $(PW_CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $(filter-out %.stamp %.h userspace/%,$^) $(LIBS)

define unit_rule
$(BUILD)/san/unit/$(1)/%: tests/unit/$(1)/%.c $(call archives,san,$(1)) $(BUILD)/.flags.stamp | $(SKELETON)
	@mkdir -p $$(@D)
	$$(call say,TEST)
	$$(Q)$$(SAN_LINK) -lcmocka
endef
$(foreach d,$(notdir $(wildcard tests/unit/*)),$(eval $(call unit_rule,$(d))))

$(BUILD)/san/fuzz/%: tests/fuzz/%.c tests/fuzz/replay.c $(call archives,san,all) $(BUILD)/.flags.stamp
	@mkdir -p $(@D)
	$(call say,REPLAY)
	$(Q)$(SAN_LINK)
-include $(UNIT_TESTS:%=%.d) $(REPLAYS:%=%.d)

$(BUILD)/san/record/%: tests/record/%.c $(call archives,san,audit) $(BUILD)/.flags.stamp | $(SKELETON)
	@mkdir -p $(@D)
	$(call say,TOOL)
	$(Q)$(SAN_LINK) -lcmocka
-include $(RECORD_TOOLS:%=%.d)

# The same without the sanitizers, to be measured, to be run in a machine, for logs of millions.
$(BUILD)/bench/%: tests/record/%.c $(call archives,userspace,audit) $(BUILD)/.flags.stamp | $(SKELETON)
	@mkdir -p $(@D)
	$(call say,TOOL)
	$(Q)$(CC) $(CFLAGS) $(PW_CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $(filter-out %.stamp %.h userspace/%,$^) $(LIBS) -lcmocka
-include $(BUILD)/bench/ring-log.d $(BUILD)/bench/write-log.d

# phiwardd without a kernel, for tests/fleet.
STAND_IN := $(BUILD)/fleet/stand-in
$(STAND_IN): tests/fleet/stand-in.c $(foreach f,server answer,$(BUILD)/san/daemon/$(f).o) $(call archives,san,all) $(BUILD)/.flags.stamp | $(SKELETON)
	@mkdir -p $(@D)
	$(call say,TOOL)
	$(Q)$(SAN_LINK)
MANY := $(BUILD)/fleet/many
$(MANY): tests/fleet/many.c $(call archives,userspace,all) $(BUILD)/.flags.stamp | $(SKELETON)
	@mkdir -p $(@D)
	$(call say,TOOL)
	$(Q)$(CC) $(CFLAGS) $(PW_CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $(filter-out %.stamp,$^) $(LIBS)
-include $(STAND_IN).d $(MANY).d

# What the tests of the report drive a browser with.
$(BUILD)/report-tests/node_modules: tests/report/package.json tests/report/package-lock.json
	@mkdir -p $(@D)
	$(call say,NPM)
	$(Q)cp $^ tests/report/.npmrc $(@D)
	$(Q)cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error > /dev/null
	@touch $@

.PHONY: test test-programs fuzz bench demo prove soak
# mk/test.sh deals the processors out itself, and what it runs starts make: so only this is for -j.
test-programs: $$(PROGRAMS_WANTED) $$(RECORD_TOOLS) $(STAND_IN) $(MANY) $(BUILD)/report-tests/node_modules all $$(if $$(BOOT_WANTED),$(BUILD)/bench/ring-log) $$(if $$(BATS_WANTED)$$(BOOT_WANTED),tools) $$(KMODS_WANTED) ## build what the tests need: make -j2, KERNELS as for test

test: test-programs ## run the tests: T=name, KERNELS="6.1 6.12"|all
	@mk/test.sh "$(KERNELS_WANTED)" "$(T)" $(PROGRAMS_WANTED)

# Variant of the stages for libFuzzer.
FUZZ_FLAGS := $(CLANG_WARNINGS) -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60

$(foreach s,$(STAGES),$(eval $(call compile_rules,fuzz,$(s),$$(FUZZ_FLAGS))))
$(foreach s,$(STAGES),$(if $(call HAVE,$(s)),$(eval $(call archive_rule,fuzz,$(s)))))
$(BUILD)/fuzz/%.o: CC := $(CLANG)

$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(call archives,fuzz,all) $(BUILD)/.flags.stamp
	$(call say,FUZZ)
	$(Q)$(CLANG) $(CLANG_WARNINGS) -O1 -g -fsanitize=fuzzer,address,undefined $(PW_CFLAGS) $(LDFLAGS) -o $@ $(filter-out %.stamp,$^) $(LIBS)

# What is found new stays in build/fuzz; a crash is kept there and fails the target.
fuzz: $(FUZZERS) ## run the fuzzers, FUZZ_SECONDS=60 each
	@for fuzzer in $(FUZZERS); do \
		name=$${fuzzer##*/fuzz_}; mkdir -p $(BUILD)/fuzz/corpus/$$name tests/corpus/$$name; \
		echo "$$fuzzer: $(FUZZ_SECONDS) s"; \
		$$fuzzer -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 \
			-artifact_prefix=$(BUILD)/fuzz/$$name- \
			$(BUILD)/fuzz/corpus/$$name tests/corpus/$$name || exit 1; \
	done

bench: all tools ## count instructions and write docs/performance.md; BENCH="phiward rules": only those anew
	$(Q)tests/bench/run $(BENCH)
demo: have-deps all tools ## a short day of a console, in a machine
	@tests/demo/run
prove: ## prove the decision and the matching for all inputs within bounds
	$(Q)tests/prove/run
soak: have-deps all tools $(STAND_IN) ## swaps of policies under load and under stress-ng, a console at rest, power cuts, and a fleet, written to docs/soak.md: SOAK="swaps stress rest power fleet", SOAK_SWAPS=, SOAK_OPENS=, SOAK_MINUTES=, SOAK_STRESS_MINUTES=, SOAK_REST_MINUTES=, SOAK_CUTS=, SOAK_CONSOLES=
	$(Q)tests/soak/run $(SOAK)
