"""Maps of standard input, and of revisions of a repository."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.support.processes import LIMIT

PLAIN = "schema: 1\nname: a\nregisters: {r: {offset: 0x4}}\n"


@pytest.fixture
def typed(monkeypatch):
    """Gives the next command a standard input."""
    return lambda text: monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))


def git(folder, *arguments):
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, timeout=LIMIT)


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "regs"
    folder.mkdir()
    (folder / "types.yaml").write_text("schema: 1\nenums: {Mode: {off: 0, on: 1}}\n")
    (folder / "a.yaml").write_text(
        "schema: 1\nname: a\ninclude: types.yaml\nregisters: {r: {offset: 0x4, fields: {m: {bits: 0, enum: Mode}}}}\n"
    )
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "regs")
    git(tmp_path, "commit", "-q", "-m", "first")
    return folder


def test_fmt_of_standard_input_is_standard_output(command, typed, tmp_path):
    typed("name: a\nschema: 1\nregisters: {r: {offset: 4}}\n")
    done = command("fmt", "-")
    assert (done.code, done.out, done.err) == (0, PLAIN, "")
    assert list(tmp_path.iterdir()) == []
    typed(PLAIN)
    assert command("fmt", "-").out == PLAIN
    typed(PLAIN)
    assert command("fmt", "--check", "-").code == 0
    typed("a: [\n")
    done = command("fmt", "-")
    assert (done.code, done.out, done.err.startswith("<stdin>:")) == (3, "", True)


def test_fmt_of_a_revision_is_standard_output(command, repository, tmp_path):
    (repository / "a.yaml").write_text(PLAIN)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.yaml")}
    done = command("fmt", "git:HEAD:regs/a.yaml")
    assert (done.code, done.out.startswith("schema: 1\nname: a\ninclude: types.yaml\n"), done.err) == (0, True, "")
    (repository / "a.yaml").write_text("name: a\nschema: 1\nregisters: {r: {offset: 4}}\n")
    git(tmp_path, "add", "regs")
    git(tmp_path, "commit", "-q", "-m", "untidy")
    (repository / "a.yaml").write_text(PLAIN)
    assert command("fmt", "git:HEAD:regs/a.yaml").out == PLAIN
    assert command("fmt", "--check", "git:HEAD:regs/a.yaml").code == 1
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.yaml")} == before


def test_validate_of_standard_input(command, typed):
    typed(PLAIN)
    assert command("validate", "-").out == "1 map checked, no error\n"
    typed(PLAIN.replace("0x4", "0x5"))
    done = command("validate", "-")
    assert (done.code, done.err.startswith("<stdin>:3:")) == (3, True)


def test_a_map_as_it_was_with_what_it_includes(command, repository):
    (repository / "types.yaml").write_text("schema: 1\nenums: {Mode: {off: 0, on: 1, auto: 2}}\n")
    (repository / "a.yaml").write_text((repository / "a.yaml").read_text().replace("bits: 0", "bits: 1:0"))
    done = command("diff", "git:HEAD:regs/a.yaml", "regs/a.yaml")
    assert (done.code, "r.m widened" in done.out) == (1, True)
    assert command("validate", "git:HEAD:regs/a.yaml").code == 0
    (repository / "types.yaml").unlink()
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "second")
    assert command("validate", "git:HEAD~1:regs/a.yaml", "git:main~1:regs/types.yaml").code == 0
    done = command("validate", "git:HEAD:regs/a.yaml")
    assert (done.code, done.err.startswith("git:HEAD:regs/a.yaml:3:")) == (3, True)


def test_a_revision_seen_from_a_folder_below(command, repository, monkeypatch):
    """Also where that folder holds one of its own name."""
    monkeypatch.chdir(repository)
    assert command("validate", "git:HEAD:regs/a.yaml", "git:HEAD:./a.yaml").out == "2 maps checked, no error\n"
    (repository / "regs").mkdir()
    (repository / "regs" / "a.yaml").write_text("not: a map")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "one below")
    assert command("validate", "git:HEAD:regs/a.yaml").code == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("git:HEAD", "is no git:REVISION:PATH"),
        ("git::a.yaml", "is no git:REVISION:PATH"),
        ("git:--output=x:a.yaml", "is no git:REVISION:PATH"),
        ("git:nothing:regs/a.yaml", "no such revision or folder"),
        ("git:HEAD:other/a.yaml", "no such revision or folder"),
        ("git:HEAD:regs/b.yaml", "no such file in that revision"),
        ("git:HEAD:../a.yaml", "'../'"),
    ],
)
def test_what_is_not_there(command, repository, name, text):
    done = command("validate", name)
    assert (done.code, done.out) == (2, "")
    assert text in done.err
    assert name in done.err


def test_links_of_a_repository_lead_nowhere(command, repository, tmp_path):
    (tmp_path / "secret.yaml").write_text("schema: 1\nname: [secret\n")
    (repository / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "a link")
    done = command("validate", "git:HEAD:regs/link.yaml")
    assert (done.code, "no such file in that revision" in done.err) == (2, True)


def test_a_folder_of_much_more_than_maps_is_refused(command, repository, monkeypatch):
    monkeypatch.setattr("hal.cli.maps.map_places._FILES_MAX", 3)
    assert command("validate", "git:HEAD:regs/a.yaml").code == 0
    for number in range(3):
        (repository / f"more{number}.txt").write_text("x")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "more")
    done = command("validate", "git:HEAD:regs/a.yaml")
    assert (done.code, done.out) == (2, "")
    assert "its folder holds more than maps do: more than 3 files, or 64 MiB" in done.err


def test_a_folder_that_git_can_not_give_to_its_end_is_refused(command, repository):
    """What came before is a whole archive but for its end: git writes in pieces of 10240 bytes."""
    for file in repository.iterdir():
        file.unlink()
    text = "schema: 1\nname: a\nregisters: {r: {offset: 0}}\n#"
    (repository / "a.yaml").write_text(text.ljust(10240 - 512, "#"))
    (repository / "lost.yaml").write_text("lost")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "two")
    assert command("validate", "git:HEAD:regs/a.yaml").code == 0
    lost = hashlib.sha1(b"blob 4\0lost", usedforsecurity=False).hexdigest()
    (repository.parent / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    done = command("validate", "git:HEAD:regs/a.yaml")
    assert (done.code, done.out) == (2, "")
    assert "git's archive ends too soon" in done.err
