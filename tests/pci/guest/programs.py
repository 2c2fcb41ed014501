"""Programs in processes of their own. They are forks of the test's, which has opened nothing: another interpreter takes seconds to start."""

from __future__ import annotations

import os
import runpy
import sys
import tempfile
import traceback
from pathlib import Path

__all__ = ["run_program"]


def run_program(file, *arguments, environment=None):
    """Its exit code, and all that it prints."""
    with tempfile.TemporaryFile("w+") as shown:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                sys.stdout = sys.stderr = shown
                sys.argv[:] = [str(file), *arguments]
                os.environ |= environment or {}
                runpy.run_path(str(Path(file)), run_name="__main__")
                code = 0
            except SystemExit as ended:
                code = ended.code or 0 if isinstance(ended.code or 0, int) else 1
            except BaseException:  # noqa: BLE001
                traceback.print_exc()
            finally:
                shown.flush()
                os._exit(code)
        status = os.waitpid(child, 0)[1]
        shown.seek(0)
        return os.waitstatus_to_exitcode(status), shown.read()
