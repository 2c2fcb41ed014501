"""Programs in C, compiled as users of the SDK's interface compile theirs."""

from __future__ import annotations

import shutil

from tests.support import ROOT
from tests.support.processes import run

GCC = shutil.which("gcc")


def compile_c(*arguments):
    flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'bindings' / 'include'}"]
    done = run(GCC, *flags, *arguments)
    assert done.returncode == 0, done.stderr
