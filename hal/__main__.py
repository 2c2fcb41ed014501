"""`python -m hal`: the `hal` command of the Python that runs it."""

from __future__ import annotations

from hal.cli import main

if __name__ == "__main__":
    main()
