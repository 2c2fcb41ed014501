# Files from FPGA register maps as part of a build with GNU Make.
#
#   HAL_MAPS := maps/blinker.yaml maps/timer.yaml
#   HAL_OUTPUT := build/drivers
#   HAL_LANGUAGES := python c            (python when not set)
#   HAL_TEMPLATES := templates           (optional)
#   include $(shell hal paths make)/fpga-hal.mk
#
# `hal-generate` then generates what is not up to date: only maps that changed, or that include what changed.
# `hal-check` fails and shows what is stale, and writes nothing.

HAL ?= hal
HAL_OUTPUT ?= .
HAL_LANGUAGES ?= python

hal_options = -o $(HAL_OUTPUT) $(HAL_LANGUAGES:%=--lang %) $(HAL_TEMPLATES:%=--templates %)
hal_stamps := $(HAL_MAPS:%=$(HAL_OUTPUT)/.hal/%.stamp)

.PHONY: hal-generate hal-check
hal-generate: $(hal_stamps)

hal-check:
	$(HAL) generate $(HAL_MAPS) $(hal_options) --check

# Files that did not change keep their time, so what is compared is a stamp.
$(hal_stamps): $(HAL_OUTPUT)/.hal/%.stamp: %
	@mkdir -p $(@D)
	$(HAL) generate $< $(hal_options) --depfile $@.d --depfile-target $@
	@touch $@

-include $(wildcard $(hal_stamps:=.d))
