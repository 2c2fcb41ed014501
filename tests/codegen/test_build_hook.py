"""The example projects: built as their users build them; nothing runs when nothing changed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
import yaml

from tests.support import ROOT
from tests.support.processes import LIMIT
from tests.support.tools import needs
from tests.support.warm import run_warm, warm_command

EXAMPLES = ROOT / "docs" / "examples"
LAMP = "ctrl at 0x0 = 0x3, fan from 0x10\n"


@pytest.fixture
def project(request, tmp_path):
    """A copy of an example, and a function that runs a command in it, which fails where check is false."""
    name = f"{request.param}_project"
    folder = tmp_path / name
    shutil.copytree(EXAMPLES / name, folder)

    def run(*command, check=True):
        outer = {
            key: value for key, value in os.environ.items() if not key.startswith("MAKE")
        }  # this may run in a make
        if command[:2] == (sys.executable, "-c"):
            done = run_warm(command, code=command[2], environment=outer, folder=folder, timeout=5 * LIMIT)
        else:
            environment = outer | warm_command(outer) | {"PYTHONDONTWRITEBYTECODE": "1"}
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=5 * LIMIT
            )
        assert (done.returncode == 0) == check, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout if check else done.stdout + done.stderr

    run.folder = folder
    return run


def only(name):
    return pytest.mark.parametrize("project", [name], indirect=True)


@needs("cmake", "ninja")
@only("cmake")
@pytest.mark.parametrize("tool", ["Ninja", "Unix Makefiles"])
def test_cmake(project, tool):
    project("cmake", "-G", tool, "-B", "build")
    project("cmake", "--build", "build")
    assert project("build/lamp") == LAMP
    registers = project.folder / "build" / "registers"
    assert {"lamp.h", "lamp.py", "fan.h", "fan.py"} <= {path.name for path in registers.iterdir()}
    assert "Generating" not in project("cmake", "--build", "build")
    (project.folder / "maps" / "common.yaml").touch()
    again = project("cmake", "--build", "build")
    assert re.findall(r"Generating from (\S+)", again) == ["maps/lamp.yaml"]
    assert "Generating" not in project("cmake", "--build", "build")


@needs("cmake", "ninja")
@only("cmake")
def test_cmake_refuses_a_wrong_map_while_configuring(project):
    (project.folder / "maps" / "fan.yaml").write_text("schema: 1\n")
    said = project("cmake", "-G", "Ninja", "-B", "build", check=False)
    assert "hal refused maps/fan.yaml" in said
    assert "maps/fan.yaml:1:1: " in said
    assert not (project.folder / "build" / "build.ninja").exists()


@needs("make", "cc")
@only("make")
def test_make(project):
    project("make")
    assert project("build/lamp") == LAMP
    assert project("make") == "make: Nothing to be done for 'all'.\n"
    (project.folder / "maps" / "common.yaml").touch()
    assert re.findall(r"hal generate (\S+)", project("make")) == ["maps/lamp.yaml"]
    assert "hal generate" not in project("make")
    project("make", "hal-check")
    (project.folder / "build" / "registers" / "fan.h").write_text("old")
    assert "+#define FAN_PF 0" in project("make", "hal-check", check=False)


@needs("ninja", "cc")
@only("ninja")
def test_ninja(project):
    project("ninja")
    assert project("build/lamp") == LAMP
    assert project("ninja") == "ninja: no work to do.\n"
    (project.folder / "maps" / "common.yaml").touch()
    again = project("ninja")
    assert re.findall(r"Generating from (\S+)", again) == ["maps/lamp.yaml"]
    assert "Compiling" not in again
    assert project("ninja") == "ninja: no work to do.\n"


@needs("ninja", "cc")
@only("ninja")
def test_a_check_in_ninja_runs_only_when_something_changed(project):
    assert "+++ drivers/lamp.py" in project("ninja", "check", check=False)
    project("hal", "generate", "maps/lamp.yaml", "maps/fan.yaml", "-o", "drivers")
    assert "Checking drivers" in project("ninja", "check")
    assert project("ninja", "check") == "ninja: no work to do.\n"
    common = project.folder / "maps" / "common.yaml"
    common.write_text(common.read_text().replace("amber: 1", "amber: 2"))
    assert "+    AMBER = 2" in project("ninja", "check", check=False)


@only("setuptools")
def test_setuptools_puts_drivers_into_the_wheel(project):
    project(sys.executable, "-c", "from setuptools.build_meta import build_wheel; build_wheel('dist')")
    (wheel,) = (project.folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(project.folder / "site")
        names = {name for name in archive.namelist() if name.endswith(".py")}
    assert names == {f"lamp/{name}.py" for name in ("__init__", "drivers/__init__", "drivers/lamp", "drivers/fan")}
    program = "import sys; sys.path.insert(0, 'site'); import lamp; print(lamp.shine(7))"
    assert project(sys.executable, "-c", program) == "7\n"
    assert not (project.folder / "src" / "lamp" / "drivers" / "lamp.py").exists()


@only("setuptools")
def test_an_editable_install_writes_drivers_into_the_source(project):
    build = "from setuptools.build_meta import build_editable; build_editable('dist')"
    project(sys.executable, "-c", build)
    assert (project.folder / "src" / "lamp" / "drivers" / "fan.py").read_text().startswith('"""Driver of fan')


@only("setuptools")
def test_a_source_distribution_has_the_maps(project):
    names = project(sys.executable, "-c", "from setuptools.build_meta import build_sdist; build_sdist('dist')")
    (archive,) = (project.folder / "dist").glob("*.tar.gz")
    names = project("tar", "tzf", archive)
    assert {"maps/lamp.yaml", "maps/common.yaml", "maps/fan.yaml"} <= {
        name.partition("/")[2] for name in names.splitlines()
    }


WRONG_SETTINGS = {
    "package =": ("packages =", "unknown key 'packages', known: maps, package"),
    "maps/fan.yaml": ("maps/none.yaml", "no map is maps/none.yaml"),
    '["maps/lamp.yaml", "maps/fan.yaml"]': ("3", "maps must be a list of paths"),
}


@only("setuptools")
def test_what_is_wrong_stops_the_build(project):
    text = (project.folder / "pyproject.toml").read_text()
    assert all(old in text for old in WRONG_SETTINGS)
    settings = [text.replace(old, new) for old, (new, _) in WRONG_SETTINGS.items()]
    (project.folder / "maps" / "fan.yaml").write_text("schema: 1\nname: fan\nregisters: {speed: {ofset: 0}}\n")
    *of_settings, of_map = json.loads(project(sys.executable, "-c", BUILDS, json.dumps([*settings, text])))
    for found, (_, message) in zip(of_settings, WRONG_SETTINGS.values(), strict=True):
        assert f"[tool.fpga-hal] in pyproject.toml: {message}" in found
    assert "maps/fan.yaml:3:21: registers.speed.ofset: unknown key 'ofset' of a register" in of_map
    assert not list((project.folder / "dist").glob("*.whl"))


BUILDS = """
import contextlib, io, json, pathlib, sys
from setuptools.build_meta import build_wheel
told = []
for settings in json.loads(sys.argv[1]):
    pathlib.Path("pyproject.toml").write_text(settings)
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            build_wheel("dist")
        except BaseException as error:
            print(error)
    told.append(said.getvalue())
print(json.dumps(told))
"""


HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


@only("setuptools")
def test_pre_commit_hooks(project):
    maps = [f"maps/{path.name}" for path in sorted((project.folder / "maps").iterdir())]
    entries = {hook["id"]: hook["entry"].split() for hook in HOOKS}
    assert all(re.search(hook["files"], name) for hook in HOOKS for name in maps)
    assert all(hook["language"] == "python" and hook["types"] == ["yaml"] for hook in HOOKS)
    devices = [name for name in maps if not name.endswith("common.yaml")]
    assert project(*entries["hal-validate"], *maps) == "3 maps checked, no error\n"
    assert project(*entries["hal-fmt"], *maps) == ""
    project("hal", "generate", *devices, "-o", "drivers")
    assert project(*entries["hal-generate-check"], "-o", "drivers", *devices) == ""
