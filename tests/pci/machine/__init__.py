"""A QEMU guest with a real kernel and PCI devices, in which the tests of `tests/pci/guest` run."""
