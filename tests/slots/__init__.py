"""Tests of hal/slots: slots, clocks, locks; threads and processes on one slot."""
