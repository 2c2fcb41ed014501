"""What registers are waited for: comparisons, conditions, looks at them, and the event loop's part."""
