"""Programs of the warm interpreter (tests/support/warm.py) end and print as those of a fresh one."""

from __future__ import annotations

import os
import select
import signal
import subprocess

import pytest

from tests.support.processes import LIMIT, Child, run, run_python, start_python
from tests.support.warm import warm_command, warm_script

ENDS = {
    "by itself": "print('done')",
    "with a code": "import sys; sys.exit(3)",
    "with one below 0": "import sys; sys.exit(-1)",
    "with one that is more than a byte": "import sys; sys.exit(256 + 7)",
    "with none": "import sys; print('done', end=''); sys.exit(None)",
    "with words": "import sys; sys.exit('no such thing')",
    "of threads first": """
        import atexit, threading, time
        atexit.register(print, "last")
        threading.Thread(target=lambda: (time.sleep(0.05), print("thread"))).start()
        print("first")
    """,
    "with an exit function that raises": "import atexit; atexit.register(print, 'other'); atexit.register(int, 'word')",
    "with a finalizer": """
        class Told:
            def __del__(self):
                print("finalized")
        told = Told()
        told.itself = told
    """,
    "without its output": "import sys; print('done'); sys.stdout.close()",
    "with no output": "import sys; sys.stdout = None",
    "with output that is lost": "import sys; sys.stdout = open('/dev/full', 'w'); print('done')",
}


def ended(program, **options):
    done = run_python(program, **options)
    told = [line for line in done.stderr.splitlines() if not line.startswith(("  ", "Traceback"))]  # but where it was
    return done.returncode, done.stdout, told


@pytest.mark.parametrize("how", ENDS)
def test_it_ends_as_a_fresh_one(how):
    assert ended(ENDS[how]) == ended(ENDS[how], fresh=True)


STANDS = {
    "where files of its own are": "import tempfile; print(tempfile.gettempdir())",
    "what the generator has imported": "import sys; print([name for name in sys.modules if name.startswith('codegen')])",
    "what it was given": "import os, sys; print(sys.argv, os.getcwd(), sys.path[0], os.environ['TMPDIR'])",
    "what it has open": "import os; print(sorted(os.listdir('/proc/self/fd'))[:-1])",
    "its main module": "import __main__; print(sorted(set(vars(__main__)) & {'__main__', '__name__'}), __name__)",
}


@pytest.mark.parametrize("what", STANDS)
def test_it_stands_where_a_fresh_one_does(tmp_path, what):
    given = {"environment": {"TMPDIR": str(tmp_path)}, "cwd": tmp_path}
    found = [run_python(STANDS[what], "one", "two", fresh=fresh, **given) for fresh in (False, True)]
    assert [one.stderr for one in found] == ["", ""]
    assert found[0].stdout == found[1].stdout


def command_of(folder, code):
    """A warm command in a folder, whose program is the code."""
    command = folder / "command"
    warm_script(command, code=code)
    return command, warm_command(os.environ)


SIGNALLED = """
import os, signal
signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGUSR1))
print(os.getpid(), flush=True)
while True:
    signal.pause()
"""


def test_a_command_gives_its_program_a_signal_and_ends_by_the_one_that_ended_it(tmp_path):
    command, environment = command_of(tmp_path, SIGNALLED)
    with Child(command, environment=environment) as process:
        assert int(process.line()) != process.pid
        process.terminate()
        assert process.wait(LIMIT) == -signal.SIGUSR1


def test_a_command_passes_on_what_is_no_text(tmp_path):
    code = "import os, sys; print(os.fsencode(sys.argv[1]), os.environb[b'WORD'], os.fsencode(os.getcwd())[-3:])"
    command, environment = command_of(tmp_path, code)
    folder = tmp_path / os.fsdecode(b"in\xfe")
    folder.mkdir()
    word = os.fsdecode(b"a\xff=b")
    done = run(command, word, environment={**environment, "WORD": word}, cwd=folder)
    assert (done.returncode, done.stdout) == (0, r"b'a\xff=b' b'a\xff=b' b'in\xfe'" + "\n"), done.stderr


def test_a_command_that_is_killed_takes_its_program_with_it(tmp_path):
    command, environment = command_of(tmp_path, SIGNALLED)
    with Child(command, environment=environment) as process:
        program = os.pidfd_open(int(process.line()))
        process.kill()
        assert select.select([program], [], [], LIMIT)[0]
        os.close(program)


SPOKEN = """
    import signal, sys
    print("ready", flush=True)
    try:
        print(sys.stdin.readline(), end="", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        print(len(sys.stdin.read()), "read", file=sys.stderr)
    sys.exit(3)
"""


@pytest.mark.parametrize("fresh", [False, True])
def test_one_that_is_spoken_with_hears_and_ends_as_a_fresh_one(fresh):
    with start_python(SPOKEN, fresh=fresh) as process:
        assert process.line() == "ready\n"
        process.tell("word\n")
        assert (process.line(), process.poll(), process.is_silent(0.05)) == ("word\n", None, True)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0)
        process.send_signal(signal.SIGINT)
        assert (process.rest("and more"), process.returncode) == (("", "8 read\n"), 3)
    with start_python(SPOKEN, fresh=fresh) as process:
        assert process.line() == "ready\n"
        os.kill(process.pid, signal.SIGTERM)
        assert (process.wait(LIMIT), process.poll(), process.rest("lost")) == (
            -signal.SIGTERM,
            -signal.SIGTERM,
            ("", ""),
        )
    with start_python(SPOKEN, fresh=fresh) as process:
        assert process.line() == "ready\n"
    assert process.returncode == -signal.SIGKILL


def test_one_that_says_more_than_a_pipe_holds_is_heard_to_its_end():
    with start_python("import sys; print('x' * 300_000); print('y' * 300_000, file=sys.stderr)") as process:
        said, errors = process.rest()
    assert (len(said), len(errors), process.returncode) == (300_001, 300_001, 0)


def test_one_that_has_ended_can_be_killed_before_its_end_is_told(monkeypatch):
    with start_python("") as child:
        assert child.wait(LIMIT) == 0
        monkeypatch.setattr(child, "poll", lambda: None)  # as long as nobody has read it
        child.kill()
