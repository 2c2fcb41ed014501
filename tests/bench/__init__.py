"""The benchmark: every figure is a ratio of medians that were measured interleaved in one run. See docs/performance.md."""
