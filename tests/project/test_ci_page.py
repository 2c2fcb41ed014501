"""The pipelines of docs/howto/ci.md: they are YAML, and each command of theirs runs in a project that hal new made."""

from __future__ import annotations

import os
import subprocess

import pytest
import yaml

from tests.project.test_manual import blocks_of, run
from tests.support import ROOT
from tests.support.processes import LIMIT

PAGE = ROOT / "docs" / "howto" / "ci.md"
NAMED = {block.before.strip().strip("`:"): block.text for block in blocks_of(PAGE) if block.language == "yaml"}
GITHUB = yaml.safe_load(NAMED["sampler/.github/workflows/registers.yml"])
GITLAB = yaml.safe_load(NAMED["sampler/.gitlab-ci.yml"])
ANN = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]


def git(folder, *arguments):
    subprocess.run(["git", *ANN, *arguments], cwd=folder, check=True, capture_output=True, timeout=LIMIT)


@pytest.fixture(scope="module")
def pushed(tmp_path_factory):
    """The project as it is on its main branch."""
    folder = tmp_path_factory.mktemp("pushed")
    first = next(block.text for block in blocks_of(PAGE) if block.language == "sh")
    run(["bash", "-e", "-c", first], folder)
    return folder / "sampler"


@pytest.fixture
def project(pushed, tmp_path):
    """A branch of it, as a runner has it."""
    git(tmp_path, "clone", "-q", pushed, "work")
    git(tmp_path / "work", "checkout", "-q", "-b", "feature")
    return tmp_path / "work"


def run_step(line, folder):
    """A step as a runner does it, on the merge of a branch into main."""
    told = {
        "GITHUB_BASE_REF": "main",
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "HAL_CACHE": os.environ["HAL_CACHE"],
    }
    return run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", line], folder, environment=told)


def github_steps():
    """The job of a step, what only it is about, and its commands."""
    for job, facts in GITHUB["jobs"].items():
        for step in facts["steps"]:
            if "run" in step:
                yield job, step.get("name", ""), step["run"]
            else:
                assert "@v" in step["uses"], step


def gitlab_steps():
    for job, facts in GITLAB.items():
        if "script" in facts:
            assert facts["stage"] in GITLAB["stages"]
            for line in (*facts.get("before_script", ()), *facts["script"]):
                yield job, "", line


def runs(steps):
    """Commands that run anywhere: not what installs hal, and of make what it would do."""
    for job, name, line in steps:
        if line.startswith("pip install "):
            assert "fpga-hal" in line
        elif job != "logic":
            yield job, name, line
        elif line.startswith("make "):
            yield job, name, line.replace("make ", "make -n ")


@pytest.mark.parametrize("steps", [github_steps, gitlab_steps])
def test_each_step_passes_on_what_is_right(steps, project):
    done = [line for _, _, line in runs(steps())]
    printed = {line: run_step(line, project) for line in done}
    text = "\n".join(printed)
    for command in ("hal validate", "hal fmt --check", "--lang c --check", "pytest -rs", "hal diff", "--lang html"):
        assert command in text
    assert "hal cosim check sampler.yaml" in printed["make -n check"]
    assert "pytest" in printed["make -n test"]
    (tests,) = [printed[line] for line in done if "pytest -rs" in line]
    assert "7 passed, 12 skipped" in tests
    assert (project / "report.xml").exists()
    assert any((project / folder / "index.html").exists() for folder in ("site", "public"))


@pytest.mark.parametrize(
    ("old", "new", "fails"),
    [
        ("period: {bits: 15:0", "period: {bits: 11:0", {"--lang c --check", "hal diff"}),
        ("offset: 0x30", "offset: 0x31", {"hal validate", "hal diff", "--lang c --check", "pytest"}),
        ("offset: 0x30", "offset: 48", {"hal fmt"}),
        ("description: Samples are taken.", "description: It runs.", set()),
    ],
    ids=["narrower", "wrong", "untidy", "words"],
)
def test_the_steps_fail_on_what_is_wrong(project, old, new, fails):
    """Those alone that the page says."""
    path = project / "sampler.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    failed = set()
    for job, _, line in runs(github_steps()):
        if job == "registers" and ("pytest" in fails or "pytest" not in line):  # it passes above, and takes longest
            try:
                run_step(line, project)
            except AssertionError as error:
                failed.add(line)
                if "--format github" in line:
                    assert "::error file=sampler.yaml,line=60" in str(error)
    assert len(failed) == len(fails)
    assert all(any(command in line for line in failed) for command in fails), failed
