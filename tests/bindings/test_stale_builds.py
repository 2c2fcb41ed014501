"""Extensions of two builds that meet say so in one line, instead of crashing later."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig

import pytest

from tests.support import ROOT

sys.path.insert(0, str(ROOT / "bindings"))
import hal_build

GCC = shutil.which("gcc")
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
TOLD = (
    "ImportError: hal._accel was built from other sources than hal._native; "
    "build again: pip install --force-reinstall --no-deps -e ."
)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package; and what builds its accelerator, with a digest of the headers."""
    folder = tmp_path_factory.mktemp("stale")
    shutil.copytree(ROOT / "hal", folder / "hal", ignore=shutil.ignore_patterns("__pycache__"))

    target = folder / "hal" / f"_accel{SUFFIX}"
    paths = [*(ROOT / "bindings" / name for name in ("include", "accel")), sysconfig.get_paths()["include"]]
    macros = [f"-D{name}={value}" for name, value in hal_build.THREADING]
    flags = [GCC, "-std=gnu11", "-O0", "-fPIC", "-fvisibility=hidden", *(f"-I{path}" for path in paths), *macros]
    sources = [ROOT / name for name in hal_build.c_files("accel")]
    told = [source for source in sources if "HAL_HEADERS" in source.read_text(encoding="utf-8")]
    others = [source for source in sources if source not in told]
    (folder / "objects").mkdir()
    subprocess.run([*flags, "-c", *others], check=True, timeout=120, cwd=folder / "objects")

    def build(macro):
        target.unlink(missing_ok=True)
        digest = f"-D{macro[0]}={macro[1]}"
        objects = sorted((folder / "objects").iterdir())
        subprocess.run([*flags, digest, "-shared", *told, *objects, "-lm", "-o", target], check=True, timeout=120)

    def run(**environment):
        code = "import hal.registers.register, hal.access.choice as choice; print(choice.accelerated)"
        command = [sys.executable, "-c", code]
        env = {**os.environ, "HAL_PURE_CFFI": "0", **environment}
        return subprocess.run(command, capture_output=True, text=True, env=env, cwd=folder, check=False, timeout=60)

    return build, run


@pytest.mark.skipif(GCC is None, reason="gcc is not installed")
def test_a_stale_pair_says_so_in_one_line(package):
    build, run = package
    build(hal_build.headers_macro())
    assert run().stdout == "True\n"
    build(("HAL_HEADERS", "0x123456789ABCDEF0ULL"))
    result = run()
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == TOLD
    assert run(HAL_PURE_CFFI="1").stdout == "False\n"


def test_the_digest_changes_with_any_public_header(tmp_path, monkeypatch):
    include = tmp_path / "include"
    shutil.copytree(ROOT / "bindings" / "include", include)
    monkeypatch.setattr(hal_build, "INCLUDE", include)
    same = hal_build.headers_macro()
    seen = {same}
    for header in sorted(include.iterdir()):
        text = header.read_text()
        header.write_text(text.replace("\n", "\n\n", 1))
        seen.add(hal_build.headers_macro())
        header.write_text(text)
    assert len(seen) == 1 + len([*include.iterdir()])
    assert hal_build.headers_macro() == same
