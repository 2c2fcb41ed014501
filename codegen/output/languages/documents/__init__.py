"""References for people: a page for browsers, and Markdown with pictures beside it."""
