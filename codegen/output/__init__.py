"""Files to be: languages, templates, and writing them whole or not at all."""
