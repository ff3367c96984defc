# SPDX-License-Identifier: MIT
#
#	make               the static binary, build/hale
#	make demo          shows hale at work as a real PID 1; sets up what it needs
#	make check         every test there is; sets up what it needs
#	make test          those that one waits for: unit, sim, blackbox
#
#	make unit          unit tests (cmocka, sanitizers)
#	make sim           the supervisor's decisions under random schedules
#	make sim-nightly   a thousand million steps of them
#	make mutants       each change to what decides fails a test, SAMPLE=n of them
#	make blackbox      the binary as real PID 1 in PID namespaces
#	make engines       the binary in docker, podman, runc, crun, containerd
#	make stack-test    examples/stack in Docker, Swarm, podman and a CRI;
#	                   QUICK=1 three services of it, STACK_TESTS= some of them
#	make cross         other machines' binaries, emulated: all of DIST_ARCHS
#	make kernel-test   arm64's binary as PID 1 of a real kernel, in qemu
#	make faults        each system call of hale made to fail, in every mode
#	make peers         dumb-init's and tini's own tests, on hale as these
#	make soak          200 services for an hour, SOAK_SECONDS=n for shorter
#	make check-san     black-box tests on build/san/hale: sanitizers' findings
#	make valgrind      memcheck on unit tests and some black-box tests
#	make coverage      which lines the tests run, of supervisor/ and healthcheck/
#	make fuzz          each for ten minutes, by libFuzzer and by AFL++
#	make fuzz-smoke    each fuzzer for ten seconds, with or without clang
#	make lint          format, cppcheck, clang-tidy, -fanalyzer, shellcheck, mandoc
#	make format        lets clang-format write
#	make reproducible  builds in two directories and compares the bytes
#	make bench         measures hale beside its peers, QUICK=1 in a minute
#
#	make install       to PREFIX (/usr/local), below DESTDIR
#	make deb           a Debian package: build/dist/
#	make image         an OCI image FROM scratch, of IMAGE_ARCHS: build/image/
#	make sbom          bills of materials, SPDX and CycloneDX: build/dist/
#	make dist          all of these for all architectures, with checksums
#	make setup         installs the packages that build, tests and lint need
#	make clean         removes what was built, keeps fetched sources
#	make distclean     removes all of build/
#
#	ARCH=aarch64|armv7l|riscv64   another machine's binary, build/ARCH/hale
#	SAN=1              build/san/hale: glibc, ASan, UBSan; for tests only
#	COV=1              build/cov/hale: by clang, counts the lines that run
#	DEPS_PREFIX=DIR    libraries that are built with musl already (lib/, include/)
#	DEPS_SRC=DIR       unpacked sources of them (DIR/libyaml, DIR/mbedtls)
#	CFLAGS= CPPFLAGS= LDFLAGS=    yours; CFLAGS is -Oz -g
#	LTO=               without link-time optimization: links faster, 20 kB more
#	WERROR=            warnings don't stop the build (they do in a git checkout)
#	PAGE=none          without the status page
#	PACK=none          nothing is packed that few runs need, as is TLS
#	TLS=none           without mbedTLS: no https and grpcs; cert:// reads dates
#	                   only, of servers that speak TLS 1.2
#	V=1                shows whole command lines

export LC_ALL := C
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules
# V=1 shows whole command lines
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

VERSION     := 0.1.0
NATIVE      := $(shell uname -m)
ARCH        ?= $(NATIVE)
TOP         := $(CURDIR)
B           := build/$(ARCH)
S           := build/$(if $(COV),cov,$(if $(SAN),asan,$(if $(VG),vg,san)))
CFLAGS      ?= $(SMALL) $(SMALLER) -g
WERROR      ?= $(if $(wildcard .git),-Werror)
# arm64's segments are padded to 64 kB, and only x86's linker packs relocations.
# A distribution's libraries, and what isn't packed, may be larger.
SIZE_BUDGET ?= $(if $(and $(filter x86_64,$(ARCH)),$(filter yes,$(PACK)), \
	$(LTO),$(if $(DEPS_PREFIX),,own)),400000,640000)
PREFIX      ?= /usr/local
HOSTCC      ?= gcc
# Nothing in the binary has a date; packages take the one of the last commit.
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),0)
export SOURCE_DATE_EPOCH

# ---- what is compiled
SOURCES := init.c $(sort $(wildcard supervisor/*.c healthcheck/*.c))
OBJECTS := $(SOURCES:%.c=$(B)/%.o)

# In place of the C library's own, and only there.
MUSL_ONLY := supervisor/printf.c supervisor/libc.c supervisor/wrap.c
# The linker looks for what it wraps with (--wrap) among finished code.
CFLAGS_supervisor/wrap.c := -fno-lto

# Flags of single files: CFLAGS_dir/file.c. What runs before the C library is
# up can't have its guards yet, and mk/early.ld knows it by its objects' names.
EARLY_SOURCES := $(sort $(wildcard supervisor/single*.c)) $(addprefix \
	supervisor/,early.c exec.c descend.c say.c signals.c shed.c caps_raw.c \
	early_user.c identity_find.c identity_env.c passwd.c confine_apply.c \
	landlock_enter.c baseline.c) healthcheck/early_health.c
$(foreach f,$(EARLY_SOURCES),$(eval CFLAGS_$(f) += \
	-fno-stack-protector -fno-stack-clash-protection -fno-lto))

# malloc() must not be made of calls to itself.
CFLAGS_supervisor/heap.c += -fno-lto -fno-builtin

WARN := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wshadow \
	-Wconversion -Wsign-conversion -Wswitch-enum -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 $(WERROR)
DEFS := -I. -DHALE_VERSION='"$(VERSION)"'
# C that never unwinds needs no tables for it: a tenth of the binary.
NO_UNWIND := -fno-unwind-tables -fno-asynchronous-unwind-tables
# Hidden: riscv64's linker leaves a relocation by name for what is not, and musl's
# start code, which has no names yet, skips those.
HARDEN := $(NO_UNWIND) $(if $(filter armv7l,$(ARCH)),-marm) -fPIE \
	-fvisibility=hidden -ffunction-sections -fdata-sections \
	-fstack-protector-strong -fstack-clash-protection
comma := ,
LDHARDEN = -static-pie $(if $(PACKED),-Wl$(comma)-T$(comma)mk/packed.ld) \
	-Wl,-e,hale_start,-T,mk/early.ld,--gc-sections,-z,relro,-z,now \
	-Wl,--wrap=strerror,--wrap=strsignal \
	-Wl,-z,noexecstack,-z,noseparate-code,--build-id=sha1

# ---- what is linked: libraries, each NAME:PKG-CONFIG-NAME:LEAST-VERSION with a
# recipe mk/deps/NAME.sh; NAME is the distribution's source package
DEPS := libyaml:yaml-0.1:0.2.5
LIBS = -lyaml
TLS ?= mbedtls
ifneq ($(TLS),none)
DEPS += mbedtls:mbedtls:3.6
# Alpine's comes in three archives, that of mk/deps/mbedtls.sh in one.
TLS_LIBS = -lmbedtls $(if $(wildcard $(LIB_PREFIX)/lib/libmbedx509.a), \
	-lmbedx509 -lmbedcrypto)
TLS_DEFS := -DHALE_TLS
endif
# What few runs need is packed, where mk/pack.c knows how.
PACK ?= $(if $(filter x86_64,$(ARCH)),yes)
PAGE ?= yes
ifneq ($(PAGE),none)
DEFS += -DHALE_PAGE
endif
field = $(word $(2),$(subst :, ,$(1)))
DEP_NAMES  := $(foreach d,$(DEPS),$(call field,$(d),1))
DEP_LEASTS := $(foreach d,$(DEPS),$(call field,$(d),2):$(call field,$(d),3))

# ---- the compiler: the system's where it is a musl one (Alpine), else gcc
# with musl's headers, start files and library (Debian, Ubuntu, Fedora)
gnu_triple  := $(ARCH:armv7l=arm)-linux-gnu$(if $(filter armv7l,$(ARCH)),eabihf)
musl_triple := $(subst -gnu,-musl,$(gnu_triple))
deb_x86_64 := amd64
deb_aarch64 := arm64
deb_armv7l := armhf
deb_riscv64 := riscv64
cross := $(if $(filter-out $(NATIVE),$(ARCH)),$(gnu_triple)-)
ifeq ($(origin CC),default)
CC := $(cross)gcc
endif
AR      := $(cross)gcc-ar
RANLIB  := $(cross)gcc-ranlib
STRIP   := $(cross)strip
NM      := $(cross)nm
READELF := $(cross)readelf
first = $(or $(firstword $(wildcard $(1))),$(firstword $(1)))

ifneq (,$(findstring musl,$(shell $(CC) -dumpmachine 2>/dev/null)))
MCC       := $(CC)
MUSL_LIB  ?= /usr/lib
DEPS_PREFIX ?= /usr
TOOLCHAIN :=
else
MCC       := $(TOP)/$(B)/tc/cc
TOOLCHAIN := $(B)/tc/cc
# Another architecture's musl and kernel headers are unpacked, not installed.
SYSROOT   := $(if $(cross),$(TOP)/build/sysroot-$(deb_$(ARCH)))
MUSL_LIB  ?= $(if $(cross),$(SYSROOT)/usr/lib/$(musl_triple),$(call \
	first,/usr/lib/$(musl_triple) /usr/$(musl_triple)/lib64))
MUSL_INC  ?= $(if $(cross),$(SYSROOT)/usr/include/$(musl_triple),$(call \
	first,/usr/include/$(musl_triple) /usr/$(musl_triple)/include))
KERNEL_INC := $(SYSROOT)/usr/include
KERNEL_ASM := $(call first,$(KERNEL_INC)/$(gnu_triple)/asm \
	$(if $(cross),,/usr/include/asm))
endif

# Pointers in tables cost 24 bytes of relocation each, or, packed, a bit: early.c
# applies those. Not every architecture's linker can.
LDHARDEN += $(shell $(CC) -Wl,--help 2>/dev/null | \
	grep -q pack-relative-relocs && echo -Wl,-z,pack-relative-relocs)

# gcc 12 has -Oz. One partition: the bytes don't depend on the processors' count.
# What -Oz leaves on and makes code larger here is off: 3 of 350 kB.
SMALL := $(shell echo | $(CC) -Oz -xc -E - >/dev/null 2>&1 && echo -Oz || echo -Os)
SMALLER := -fno-thread-jumps -fno-caller-saves -fno-move-loop-invariants \
	-fno-tree-tail-merge -fno-tree-dominator-opts
LTO ?= -flto -flto-partition=one

# ---- where the libraries come from
ifdef DEPS_PREFIX
LIB_PREFIX := $(DEPS_PREFIX)
LIBS_READY :=
NEEDS      := build
else
LIB_PREFIX := $(TOP)/$(B)/deps
LIBS_READY := $(DEP_NAMES:%=$(B)/deps/.%)
NEEDS      := build deps $(if $(DEPS_SRC),,source)
endif
LIB_SRC := $(or $(DEPS_SRC),build/src)

# The page is part of the object: page.c says how.
$(B)/healthcheck/page.o $(S)/healthcheck/page.o: healthcheck/page.html

.PHONY: all
all: $(if $(SAN)$(COV)$(VG),$(S)/hale,$(if $(cross),$(B)/hale,build/hale))

build/hale: $(B)/hale $(B)/versions.txt
	@cp $(B)/versions.txt build/versions.txt
	@cp $< $@.tmp && mv $@.tmp $@

# What is packed is optimized for itself, and seen from outside by few names.
packed_parts := tls verbs metrics files
packed_tls := $(addprefix healthcheck/,tls h2 huffman probe_grpc der probe_cert)
packed_verbs := $(addprefix healthcheck/,client status_table verb_control \
	verb_exec verb_health verb_status) $(addprefix supervisor/,conf_nearest \
	config_dump config_graph config_schema config_verbs confine_explain emit \
	explain help inspect inspect_verb licenses)
packed_metrics := healthcheck/metrics
packed_files := $(addprefix supervisor/,envfile profile profile_translate)
PACKED := $(if $(filter yes,$(PACK)),$(foreach p,$(packed_parts),$(B)/packed-$(p).o))
LINKED = $(filter-out $(if $(PACKED),$(foreach p,$(packed_parts), \
	$(packed_$(p):%=$(B)/%.o))),$(OBJECTS)) $(PACKED) \
	-L$(LIB_PREFIX)/lib $(LIBS) $(if $(PACKED),,$(TLS_LIBS))

$(B)/packed-tls.o: $(LIBS_READY)
$(foreach p,$(packed_parts),$(eval $(B)/packed-$(p).o: $(packed_$(p):%=$(B)/%.o)))
$(B)/packed-%.o:
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(HARDEN) $(LTO) -ffile-prefix-map=$(TOP)=. \
		-r -nostdlib -fwhole-program -flinker-output=pie -o $@ \
		-Wl,-Map=$@.map \
		$(packed_$*:%=$(B)/%.o) \
		$(if $(filter tls,$*),-L$(LIB_PREFIX)/lib $(TLS_LIBS))

build/pack: mk/pack.c supervisor/packed.h
	@mkdir -p build
	$(call say,CC,$@)
	$(Q)$(HOSTCC) $(WARN) -O1 -I. -o $@ $<

$(B)/hale: $(OBJECTS) $(PACKED) $(B)/versions.txt $(B)/flags mk/checkbin.sh \
    mk/early.ld mk/packed.ld $(if $(PACKED),build/pack)
	$(call say,LINK,$@)
	$(Q)$(MCC) $(CFLAGS) $(HARDEN) $(LTO) -ffile-prefix-map=$(TOP)=. \
		$(LDHARDEN) $(LDFLAGS) -o $@.debug \
		-Wl,-Map=$@.map $(LINKED)
	@NM=$(NM) sh mk/checkearly.sh $(EARLY_SOURCES:%.c=$(B)/%.o)
	@$(STRIP) -s -R .comment -o $@.stripped $@.debug
	@$(if $(PACKED),build/pack,cp) $@.stripped $@
	@chmod +x $@
	@READELF=$(READELF) sh mk/checkbin.sh $@ $(SIZE_BUDGET)

# Aborts when PID 1 of `hale run` allocates after its start-up; for a test.
build/hale-noalloc: $(B)/hale tests/faults/noalloc.c
	$(call say,LINK,$@)
	$(Q)$(MCC) -Os $(HARDEN) -c -o $(B)/noalloc.o tests/faults/noalloc.c
	$(Q)$(MCC) $(CFLAGS) $(HARDEN) $(LTO) $(LDHARDEN) $(LDFLAGS) \
		-o $@ -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
		-Wl,--wrap=epoll_wait $(B)/noalloc.o $(LINKED)

$(B)/%.o: %.c $(B)/flags | $(TOOLCHAIN) $(LIBS_READY)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(MCC) $(WARN) $(DEFS) $(TLS_DEFS) $(CPPFLAGS) $(CFLAGS) $(HARDEN) \
		$(LTO) $(CFLAGS_$<) \
		-ffile-prefix-map=$(TOP)=. -isystem $(LIB_PREFIX)/include \
		-MMD -MP -c -o $@ $<

# The libraries' versions are checked and written down before the first link.
$(B)/versions.txt: $(LIBS_READY) $(TOOLCHAIN) $(B)/flags mk/versions.sh
	@AR=$(AR) CC=$(MCC) sh mk/versions.sh $(MUSL_LIB) \
		$(LIB_PREFIX)/lib/pkgconfig $(LIB_SRC) $(DEP_LEASTS) >$@

# Other flags than last time: build again; the same: don't.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(MCC) $(WARN) $(DEFS) $(TLS_DEFS) $(CPPFLAGS)' \
		'$(CFLAGS) $(HARDEN) $(LTO) $(DEP_FLAGS)' \
		'$(LDHARDEN) $(LDFLAGS) $(LIB_PREFIX) $(LIBS) $(TLS_LIBS) $(DEPS) $(PACK)' \
		'$(foreach f,$(EARLY_SOURCES),$(f) $(CFLAGS_$(f)))' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(B)/tc/cc: mk/mkwrapper.sh $(if $(cross),build/sysroot-$(deb_$(ARCH))/.done) | build/.needs-$(ARCH)
	@sh mk/mkwrapper.sh $(TOP)/$(B)/tc $(MUSL_INC) $(MUSL_LIB) $(CC) \
		$(KERNEL_ASM) $(KERNEL_INC)

build/.needs-unit: mk/need.sh
	@mkdir -p build
	@sh mk/need.sh unit
	@touch $@

build/.needs-$(ARCH): mk/need.sh
	@mkdir -p build
	@sh mk/need.sh $(NEEDS) $(if $(cross),cross-$(ARCH))
	@touch $@

# ---- libraries from the distribution's source packages
.PHONY: deps
deps: $(LIBS_READY)

DEP_CFLAGS := $(NO_UNWIND) $(SMALL) $(SMALLER) -g0 -w -fPIE -ffunction-sections \
	-fdata-sections -fstack-protector-strong $(LTO)

# Other recipes or flags than last time: build the libraries again.
DEP_FLAGS = $(DEP_CFLAGS) $(shell cat mk/dep.sh mk/deps/* | cksum)
$(B)/deps-flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(DEP_FLAGS)' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(B)/deps/.%: mk/deps/%.sh $(B)/deps-flags $(LIB_SRC)/%/.unpacked | $(TOOLCHAIN)
	@CC=$(MCC) AR=$(AR) RANLIB=$(RANLIB) HOSTCC=$(HOSTCC) \
		HOST=$(musl_triple) CFLAGS='$(DEP_CFLAGS)' sh mk/dep.sh $* \
		$(LIB_SRC)/$* $(B)/work $(LIB_PREFIX)
	@touch $@

ifdef DEPS_SRC
$(DEPS_SRC)/%/.unpacked: ;
else
build/src/%/.unpacked: | build/.needs-$(ARCH)
	@sh mk/getsrc.sh build/src $*
endif

# Debian 12 has no musl for riscv64: it is built from source.
build/sysroot-riscv64/.done: mk/musl.sh build/src/musl/.unpacked
	@sh mk/musl.sh build/src/musl $(@D) riscv64-linux-musl riscv64-linux-gnu
	@touch $@

build/sysroot-%/.done: mk/getbin.sh | build/.needs-$(ARCH)
	@sh mk/getbin.sh $(@D) $* musl-dev linux-libc-dev
	@touch $@

# ---- COV=1: the static musl binary by clang, which counts the lines that run in
# pages of a file (tests/coverage/map.c); unit tests have clang's own way
ifdef COV
C := build/cov/musl
COV_CFLAGS := -fprofile-instr-generate -fcoverage-mapping
COV_PARTS := $(foreach p,$(packed_parts),$(packed_$(p):%=$(B)/%.o))
COV_PACKED := $(foreach p,$(packed_parts),$(C)/packed-$(p).o)
COV_OBJECTS := $(filter-out $(COV_PARTS:$(B)/%=$(C)/%),$(SOURCES:%.c=$(C)/%.o)) \
	$(C)/tests/coverage/map.o
$(C)/%.o: %.c | $(TOOLCHAIN) $(LIBS_READY)
	@mkdir -p $(@D)
	$(call say,COV,$<)
	$(Q)clang -std=c11 -D_GNU_SOURCE -w $(DEFS) $(TLS_DEFS) -DHALE_COVERAGE \
		-DCOVERAGE_FILE='"$(TOP)/build/cov/counters"' -nostdinc \
		-isystem $(MUSL_INC) \
		-isystem $(shell clang -print-resource-dir)/include \
		-isystem $(B)/tc/kheaders -isystem $(LIB_PREFIX)/include \
		-O1 -g -fPIE -fno-stack-protector -ffunction-sections \
		$(if $(filter supervisor/heap.c,$<),-fno-builtin) \
		$(if $(filter tests/%,$<),,$(COV_CFLAGS)) -MMD -MP -c -o $@ $<
$(foreach p,$(packed_parts),$(eval $(C)/packed-$(p).o: $(packed_$(p):%=$(C)/%.o)))
$(C)/packed-%.o:
	$(Q)$(CC) -r -nostdlib -flinker-output=pie -o $@ $^ \
		$(if $(filter tls,$*),-L$(LIB_PREFIX)/lib $(TLS_LIBS))
build/cov/hale: $(COV_OBJECTS) $(COV_PACKED) tests/coverage/cov.ld build/pack
	$(call say,LINK,$@)
	$(Q)$(MCC) $(filter-out -Wl$(comma)--gc-sections,$(LDHARDEN)) \
		-Wl,-T,tests/coverage/cov.ld -o $@.debug \
		$(COV_OBJECTS) $(COV_PACKED) -L$(LIB_PREFIX)/lib $(LIBS)
	$(Q)build/pack $@.debug $@ && chmod +x $@
endif

# ---- unit tests and SAN=1: glibc, sanitizers, cmocka, the system's libraries
SAN_CFLAGS := -DHALE_HOSTED -O1 -g -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all
ifdef VG
SAN_CFLAGS := -DHALE_HOSTED -O1 -g
endif
ifdef COV
SAN_CFLAGS := -DHALE_HOSTED -O1 -g $(COV_CFLAGS) \
	-fprofile-instr-generate=$(TOP)/build/cov/unit/%m%c.profraw \
	-mllvm -runtime-counter-relocation
WARN := -std=c11 -D_GNU_SOURCE -w
HOSTCC := clang
endif
SAN_LIBS   := -lcap -lseccomp -lyaml
# TLS, too, is looked at; unit tests are built without it, and sooner.
ifdef SAN
ifneq ($(TLS),none)
DEFS += $(TLS_DEFS)
SAN_LIBS += -Lbuild/asan-deps/lib $(TLS_LIBS)
SAN_CFLAGS += -isystem build/asan-deps/include
SAN_DEPS := build/asan-deps/.mbedtls
build/asan-deps/.mbedtls: mk/deps/mbedtls.sh $(LIB_SRC)/mbedtls/.unpacked
	@CC=$(HOSTCC) AR=ar RANLIB=ranlib HOSTCC=$(HOSTCC) HOST= \
		CFLAGS='$(SAN_CFLAGS) -w' sh mk/dep.sh mbedtls \
		$(LIB_SRC)/mbedtls build/asan-deps/work $(TOP)/build/asan-deps
	@touch $@
endif
endif
SAN_OBJECTS := $(filter-out $(S)/init.o $(MUSL_ONLY:%.c=$(S)/%.o), \
	$(SOURCES:%.c=$(S)/%.o))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(S)/%,$(sort \
	$(wildcard tests/unit/test_*.c)))

$(S)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(HOSTCC) $(WARN) $(DEFS) $(SAN_CFLAGS)' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(S)/%.o: %.c $(S)/flags | build/.needs-unit $(SAN_DEPS)
	@mkdir -p $(@D)
	$(call say,SAN,$<)
	$(Q)$(HOSTCC) $(WARN) $(DEFS) $(SAN_CFLAGS) -MMD -MP -c -o $@ $<
$(S)/libhale.a: $(SAN_OBJECTS)
	@rm -f $@ && ar rcsD $@ $^
ifndef COV
$(S)/hale: $(S)/init.o $(if $(SAN),$(S)/tests/san/defaults.o) $(S)/libhale.a
	$(call say,LINK,$@)
	$(Q)$(HOSTCC) $(SAN_CFLAGS) -o $@ $^ $(SAN_LIBS)
	@$(if $(SAN),mkdir -p build/san && cp $@ build/san/hale)
endif
$(S)/test_%: $(S)/tests/unit/test_%.o $(S)/libhale.a
	$(call say,LINK,$@)
	$(Q)$(HOSTCC) $(SAN_CFLAGS) -o $@ $^ -lcmocka $(SAN_LIBS)

# The seccomp filters of the other machines, by the same test.
SECCOMP_TESTS := $(addprefix $(S)/test_seccomp_,X86_64 AARCH64 ARM RISCV64)
SECCOMP_SOURCES := tests/unit/test_seccomp.c \
	$(patsubst %,supervisor/%.c,bpf calls seccomp baseline)
$(SECCOMP_TESTS): $(S)/test_seccomp_%: $(SECCOMP_SOURCES) \
	supervisor/baseline.def supervisor/calls.def $(S)/libhale.a
	$(call say,LINK,$@)
	$(Q)$(HOSTCC) $(WARN) $(DEFS) $(SAN_CFLAGS) -DMACHINE_$* -o $@ \
		$(SECCOMP_SOURCES) $(S)/libhale.a -lcmocka $(SAN_LIBS)
UNIT_TESTS += $(SECCOMP_TESTS)

.PHONY: unit unit-programs
unit-programs: $(UNIT_TESTS)
unit: $(UNIT_TESTS)
	@for t in $(UNIT_TESTS); do $$t || exit 1; done

# ---- the decisions of `hale run` under random schedules; SEED=n replays one
SIM_SOURCES := $(wildcard tests/sim/*.c) $(patsubst %,supervisor/%.c,core life \
	service graph grace backoff)
SIM_STEPS   ?= 10000000
$(S)/sim: $(SIM_SOURCES) $(wildcard tests/sim/*.h supervisor/*.h)
	@mkdir -p $(@D)
	$(call say,SIM,$@)
	$(Q)$(HOSTCC) $(WARN) $(DEFS) -O2 -Wl,--wrap=service_step \
		-o $@ $(SIM_SOURCES)
.PHONY: sim sim-nightly mutants
sim: $(S)/sim
	@$(S)/sim $(SIM_STEPS) $(SEED)
sim-nightly:
	@$(MAKE) -s sim SIM_STEPS=1000000000

# ---- is the pure core tested? mutants of it have to fail; SAMPLE=n takes some
mutants: build/.needs-unit
	@tests/mutants/run.py $(if $(SAMPLE),--sample $(SAMPLE))

# ---- black-box tests: the binary as a real PID 1
PUPPET := $(sort $(wildcard tests/blackbox/*.c))
build/puppet: $(PUPPET) tests/blackbox/puppet.h | $(TOOLCHAIN)
	$(call say,CC,$@)
	$(Q)$(MCC) $(WARN) -O1 -static -o $@ $(PUPPET)

.PHONY: blackbox
blackbox: build/hale build/puppet
	@tests/blackbox/run.sh

# ---- faults: each system call with each plausible errno; half an hour
$(S)/inject: tests/faults/inject.c supervisor/calls.def
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(HOSTCC) $(WARN) $(DEFS) -O1 -o $@ $(filter %.c,$^)
.PHONY: faults
faults: build/hale $(S)/inject
	@python3 tests/faults/faults.py $(S)/inject build/hale --random 40 \
		--table tests/faults/table.tsv $(FAULTS)

# ---- peers: the tests of others, fetched, on hale under their names
.PHONY: peers
peers: build/hale build/puppet
	@tests/peers/run.sh

# ---- soak: memory, descriptors and wake-ups flat, no event lost
SOAK_SECONDS ?= 3600
build/soak-service: tests/soak/service.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(HOSTCC) $(WARN) -O1 -static -o $@ $<
.PHONY: soak
soak: build/hale build/soak-service
	@python3 tests/soak/soak.py build/hale build/soak-service $(SOAK_SECONDS)

# ---- sanitizers in PID 1 and all its children
.PHONY: check-san
check-san: build/puppet unit
	@$(MAKE) --no-print-directory -s SAN=1 all
	@mk/san.sh

# ---- valgrind's memcheck: unit tests, and PID 1 where a test waits for its end
.PHONY: valgrind
valgrind: build/puppet
	@$(MAKE) --no-print-directory -s VG=1 all unit-programs
	@mk/valgrind.sh

# ---- coverage by unit, black-box and security tests, fuzzers' seeds and faults
.PHONY: coverage
coverage: build/hale build/puppet
	@mk/coverage.sh

# ---- engine tests: nothing of an engine is mocked
.PHONY: engines
engines: build/hale
	@tests/engines/run.sh

# ---- other machines' binaries; `make check` has arm64's
.PHONY: cross
cross:
	@sh mk/need.sh --install qemu kernel \
		$(patsubst %,cross-%,$(filter-out $(NATIVE),$(DIST_ARCHS))) || :
	@bash tests/run.sh cross

# ---- arm64 as PID 1 of a real kernel, emulated
.PHONY: kernel-test
build/kernel-arm64/boot: mk/getbin.sh
	@sh mk/need.sh --install kernel cross-aarch64 || :
	@sh mk/getbin.sh build/kernel-arm64 arm64 linux-image-cloud-arm64+
kernel-test: build/hale | build/kernel-arm64/boot
	@$(MAKE) --no-print-directory ARCH=aarch64 all
	@bash tests/kernel.sh build/kernel-arm64/boot/vmlinuz-*

# ---- the example stack: its test, and its scripts (ARGS= are their own)
.PHONY: stack-test docker-build-optimized docker-ssl-setup \
	docker-layer-analysis docker-test-alpine
stack-test: build/hale
	@sh mk/need.sh --install stack || :
	@tests/stack/suite.sh $(STACK_TESTS)
docker-build-optimized: build/hale
	@examples/stack/scripts/build-optimized.sh $(ARGS)
docker-ssl-setup:
	@examples/stack/scripts/setup-ssl.sh $(ARGS)
docker-layer-analysis:
	@examples/stack/scripts/analyze-layers.sh $(ARGS)
docker-test-alpine: build/hale
	@examples/stack/scripts/test-alpine-build.sh $(ARGS)

# ---- measurements: bench/run.sh; they want a quiet machine
.PHONY: bench
bench: build/hale
	@QUICK=$(QUICK) bench/run.sh
# ---- what a stranger types first
.PHONY: demo
demo:
	@sh mk/need.sh --install build deps source demo
	@$(MAKE) --no-print-directory -s all
	@sh examples/demo/demo.sh build/hale

# What can't be installed is skipped by the tests that need it, and counted.
.PHONY: check
check: setup
	@sh mk/need.sh --install peers || :
	@sh mk/need.sh --install cross-aarch64 qemu kernel || :
	@bash tests/run.sh

.PHONY: test
test:
	@bash tests/run.sh unit sim blackbox

.PHONY: setup
setup:
	@sh mk/need.sh --install build deps source
	@sh mk/need.sh --install unit test demo || :
	@sh mk/need.sh --install lint || :

# ---- fuzz: clang's libFuzzer, what it finds new stays in build/fuzz/corpus; then
# (AFL=1) AFL++ with the same targets
FUZZ_SECONDS ?= 600
FUZZ_CC ?= $(if $(AFL),AFL_QUIET=1 afl-clang-fast,clang)
F := build/$(if $(AFL),afl,fuzz)
# One that must not run what its command line says.
fuzz_personas := single_run exec_search setgroups setgid setuid
fuzz_link = $(addprefix -Wl$(comma)--wrap=,$($(notdir $(basename $@))))
FUZZ_CFLAGS := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_OBJECTS := $(filter-out $(F)/init.o $(MUSL_ONLY:%.c=$(F)/%.o), \
	$(SOURCES:%.c=$(F)/%.o))
FUZZERS := $(patsubst tests/fuzz/%.c,$(F)/%,$(sort \
	$(wildcard tests/fuzz/fuzz_*.c)))
$(F)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)$(FUZZ_CC) -std=c11 -D_GNU_SOURCE $(DEFS) $(FUZZ_CFLAGS) \
		-fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<
$(F)/libhale.a: $(FUZZ_OBJECTS)
	@rm -f $@ && ar rcsD $@ $^
$(F)/fuzz_%: tests/fuzz/fuzz_%.c $(F)/libhale.a
	$(call say,LINK,$@)
	$(Q)$(FUZZ_CC) -std=c11 -D_GNU_SOURCE $(DEFS) $(FUZZ_CFLAGS) \
		-fsanitize=fuzzer $(fuzz_link) -o $@ $^ $(SAN_LIBS)
.PHONY: fuzz fuzz-afl
fuzz: $(FUZZERS)
	@for f in $(FUZZERS); do \
		tests/fuzz/smoke.sh $$f $(FUZZ_SECONDS) || exit 1; done
	@$(if $(AFL),,if command -v afl-fuzz >/dev/null; then \
		$(MAKE) --no-print-directory fuzz-afl; \
		else echo "skip: no AFL++"; fi)
fuzz-afl:
	@$(MAKE) --no-print-directory -s AFL=1 build/afl/fuzz-programs
	@for f in $(FUZZERS:$(F)/%=build/afl/%); do \
		tests/fuzz/afl.sh $$f $(FUZZ_SECONDS) || exit 1; done

.PHONY: $(F)/fuzz-programs $(S)/fuzz-programs
$(F)/fuzz-programs: $(FUZZERS)
# Without clang: gcc, and a driver that goes over the seeds and near them.
$(S)/fuzz-programs: $(FUZZERS:$(F)/%=$(S)/%)
$(S)/fuzz_%: $(S)/tests/fuzz/fuzz_%.o $(S)/tests/fuzz/replay.o $(S)/libhale.a
	$(call say,LINK,$@)
	$(Q)$(HOSTCC) $(SAN_CFLAGS) $(fuzz_link) -o $@ $^ $(SAN_LIBS)
.PHONY: fuzz-smoke
fuzz-smoke:
	@bash tests/run.sh fuzz

# ---- lint: mk/lint.sh says what it looks at
.PHONY: lint
lint: build/.needs-lint
	@WARN='$(filter-out -Werror,$(WARN))' mk/lint.sh
build/.needs-lint: mk/need.sh build/.needs-unit
	@sh mk/need.sh lint
	@touch $@
.PHONY: format
format:
	clang-format -i $(shell git ls-files '*.[ch]')

# ---- the same commit, two directories of different depth: the same bytes
.PHONY: reproducible
reproducible: all
	@sh mk/reproducible.sh $(B)/hale $(ARCH)

# ---- a release: packages, and all of them with checksums; packaging/README.md
DIST := build/dist
NAME := hale-$(VERSION)-linux-$(ARCH)
DIST_ARCHS ?= x86_64 aarch64 armv7l riscv64
IMAGE_ARCHS ?= $(ARCH)

.PHONY: sbom deb image dist-arch dist
sbom: all
	@mkdir -p $(DIST)
	@sh packaging/sbom.sh spdx $(VERSION) $(ARCH) $(B)/hale \
		$(B)/versions.txt >$(DIST)/$(NAME).spdx.json
	@sh packaging/sbom.sh cyclonedx $(VERSION) $(ARCH) $(B)/hale \
		$(B)/versions.txt >$(DIST)/$(NAME).cdx.json

deb: all
	@rm -rf $(B)/deb
	@$(MAKE) --no-print-directory -s install DESTDIR=$(TOP)/$(B)/deb \
		PREFIX=/usr
	@sh packaging/deb.sh $(B)/deb $(VERSION) $(deb_$(ARCH)) \
		$(B)/versions.txt $(DIST)

image:
	@for arch in $(IMAGE_ARCHS); do \
		$(MAKE) --no-print-directory -s ARCH=$$arch all || exit 1; done
	@sh packaging/image.sh build/image $(VERSION) \
		$(foreach a,$(IMAGE_ARCHS),$a=build/$a/hale)

dist-arch: all deb sbom
	@cp $(B)/hale $(DIST)/$(NAME)

dist:
	@rm -rf $(DIST)
	@for arch in $(DIST_ARCHS); do \
		$(MAKE) --no-print-directory -s ARCH=$$arch dist-arch || exit 1; \
	done
	@$(MAKE) --no-print-directory -s image IMAGE_ARCHS='$(DIST_ARCHS)'
	@tar -C build/image --format=ustar --sort=name --numeric-owner \
		--owner=0 --group=0 --mtime=@$(SOURCE_DATE_EPOCH) \
		-cf $(DIST)/hale-$(VERSION)-oci.tar .
	@cd $(DIST) && sha256sum hale* >SHA256SUMS && cat SHA256SUMS

.PHONY: install
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 755 $(B)/hale $(DESTDIR)$(PREFIX)/bin/hale
	for page in $(wildcard man/*.[1-9]); do install -m 644 $$page \
		$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/ || exit 1; done
ifeq ($(cross),)
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	umask 022; sh mk/completion.sh bash build/hale \
		>$(DESTDIR)$(PREFIX)/share/bash-completion/completions/hale
	umask 022; sh mk/completion.sh zsh build/hale \
		>$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_hale
	umask 022; sh mk/completion.sh fish build/hale \
		>$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/hale.fish
endif

.PHONY: help
help:
	@sed -n 's/^#	//p; /^export/q' Makefile

.PHONY: clean
clean:
	rm -rf build/hale build/versions.txt build/san build/asan build/asan-deps build/cov \
		build/vg $(B)

.PHONY: distclean
distclean:
	rm -rf build

.PHONY: FORCE
FORCE:

-include $(OBJECTS:.o=.d) $(wildcard $(S)/*.d $(S)/*/*.d $(S)/*/*/*.d \
	$(F)/*.d $(F)/*/*.d)
