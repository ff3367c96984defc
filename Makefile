# SPDX-License-Identifier: MIT
#
#	make           the static binary, build/hale
#	make unit      unit tests, with sanitizers
#	make blackbox  black-box tests: the binary as a real PID 1
#	make help      this text

.DEFAULT_GOAL := all
ARCH    ?= $(shell uname -m)
TOP     := $(CURDIR)
B       := build/$(ARCH)
SRC     := build/src
HOSTCC  ?= gcc
VERSION := 0.1.0

# ---- toolchain and libraries: mk/ has the scripts, facts in CONTRIBUTING.md
MCC     := $(TOP)/$(B)/tc/cc
PREFIX_ := $(TOP)/$(B)/deps
DEPS    := $(B)/deps/.done
LIBS    := -lcap -lseccomp -lyaml

musl_triple := $(subst armv7l,arm,$(ARCH))-linux-musl$(if $(filter armv7l,$(ARCH)),eabihf)
gnu_triple  := $(subst armv7l,arm,$(ARCH))-linux-gnu$(if $(filter armv7l,$(ARCH)),eabihf)

OPT      ?= -Os
WARN     := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wshadow \
            -Wconversion -Wsign-conversion -Wswitch-enum -Wstrict-prototypes \
            -Wmissing-prototypes -Wvla -Wformat=2 -Werror
HARDEN   := -fPIE -ffunction-sections -fdata-sections \
            -fstack-protector-strong -fstack-clash-protection \
            -ffile-prefix-map=$(TOP)=.
LDHARD   := -Wl,--gc-sections,-z,relro,-z,now,-z,noexecstack,--build-id=sha1
CPPFLAGS_ := -I. -DHALE_VERSION='"$(VERSION)"'

SOURCES := init.c $(sort $(wildcard supervisor/*.c healthcheck/*.c))
OBJECTS := $(SOURCES:%.c=$(B)/%.o)

all: build/hale

build/hale: $(B)/hale
	@cp $< $@

$(B)/hale: $(OBJECTS)
	$(MCC) -static-pie $(LDHARD) -L$(PREFIX_)/lib -o $@.dbg $(OBJECTS) $(LIBS)
	@strip -s -o $@ $@.dbg
	@sh mk/checkbin.sh $@

$(B)/%.o: %.c Makefile | $(DEPS)
	@mkdir -p $(@D)
	$(MCC) $(WARN) $(OPT) $(HARDEN) $(CPPFLAGS_) -I$(PREFIX_)/include -MMD -MP -c -o $@ $<

deps: $(DEPS)
$(B)/tc/cc: mk/mkwrapper.sh
	sh mk/mkwrapper.sh $(TOP)/$(B)/tc /usr/include/$(musl_triple) /usr/lib/$(musl_triple) gcc /usr/include/$(gnu_triple)/asm /usr/include
$(SRC)/.done: mk/getsrc.sh
	sh mk/getsrc.sh $(SRC) libcap2 libseccomp libyaml && touch $@
DEPFLAGS := -Os -g0 -w -fPIE -ffunction-sections -fdata-sections -fstack-protector-strong -ffile-prefix-map=$(TOP)/$(B)/deps=. -ffile-prefix-map=$(TOP)/$(B)=.
$(DEPS): $(B)/tc/cc $(SRC)/.done
	rm -rf $(B)/deps $(B)/wk && mkdir -p $(B)/deps/lib/pkgconfig $(B)/deps/include/sys $(B)/wk && cp -a $(SRC)/libcap2 $(SRC)/libseccomp $(SRC)/libyaml $(B)/wk/
	$(MAKE) -s -C $(B)/wk/libcap2/libcap CC=$(MCC) AR=ar RANLIB=ranlib BUILD_CC=$(HOSTCC) BUILD_CFLAGS=-O1 COPTS='$(DEPFLAGS)' SHARED=no PTHREADS=no GOLANG=no PAM_CAP=no USE_GPERF=no prefix=$(PREFIX_) lib=lib install-static >$(B)/wk/libcap.log 2>&1
	cd $(B)/wk/libseccomp && ./configure -q --host=$(musl_triple) --prefix=$(PREFIX_) --disable-shared --enable-static --disable-dependency-tracking --disable-python CC=$(MCC) CFLAGS='$(DEPFLAGS)' >../libseccomp.log 2>&1
	cd $(B)/wk/libseccomp && { $(MAKE) -s -C include install && $(MAKE) -s -C src libseccomp.la && $(MAKE) -s install-pkgconfDATA && install -m644 src/.libs/libseccomp.a $(PREFIX_)/lib/; } >>../libseccomp.log 2>&1
	cd $(B)/wk/libyaml && for f in src/*.c; do $(MCC) $(DEPFLAGS) -Iinclude -DYAML_VERSION_MAJOR=0 -DYAML_VERSION_MINOR=2 -DYAML_VERSION_PATCH=5 -DYAML_VERSION_STRING='"0.2.5"' -c $$f -o $${f%.c}.o || exit 1; done && ar rcsD $(PREFIX_)/lib/libyaml.a src/*.o && cp include/yaml.h $(PREFIX_)/include/
	touch $@

# ---- unit tests: glibc, sanitizers, cmocka
SAN_FLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
SANLIB  := $(filter-out build/san/init.o,$(SOURCES:%.c=build/san/%.o))
UNIT    := $(patsubst tests/unit/%.c,build/san/%,$(sort $(wildcard tests/unit/test_*.c)))

build/san/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(HOSTCC) $(WARN) $(SAN_FLAGS) $(CPPFLAGS_) -MMD -MP -c -o $@ $<
build/san/libhale.a: $(SANLIB)
	@rm -f $@; ar rcs $@ $^
build/san/test_%: build/san/tests/unit/test_%.o build/san/libhale.a
	$(HOSTCC) $(SAN_FLAGS) -o $@ $^ -lcmocka -lcap -lseccomp -lyaml
unit: $(UNIT)
	@for t in $(UNIT); do $$t || exit 1; done

# ---- black-box tests: the binary as a real PID 1
build/puppet: tests/blackbox/puppet.c | $(B)/tc/cc
	$(MCC) $(WARN) -O1 -static -o $@ $<
blackbox: build/hale build/puppet
	@tests/blackbox/run.sh

help:
	@sed -n 's/^#	//p' Makefile

clean:
	rm -rf build

.PHONY: all deps unit blackbox help clean
.SECONDARY:
-include $(shell find build -name '*.d' 2>/dev/null)
