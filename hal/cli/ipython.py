"""The name under which IPython's extension was first documented; `%load_ext hal` is the same."""

from __future__ import annotations

from hal.texts.interactive import complete, load_ipython_extension, unload_ipython_extension

__all__ = ["complete", "load_ipython_extension", "unload_ipython_extension"]
