"""The same over OpenSSH itself, on loopback: its options, its quoting, and its ways to end."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import sys
from pathlib import Path

import pytest

import hal
from tests.support.cards import make_shared_card
from tests.support.processes import LIMIT, Child, run
from tests.support.tools import needs
from tests.support.until import until

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")

pytestmark = [needs("sshd", there=SSHD is not None), needs("ssh")]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def made_key(path):
    assert run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path).returncode == 0
    return path


@pytest.fixture
def server(tmp_path, monkeypatch):
    """An sshd of this user on loopback, and ssh's settings for it; its host is named lab."""
    folder, port = tmp_path / "ssh", free_port()
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd's own, without which it does not begin
    host, user = made_key(folder / "host"), made_key(folder / "user")
    (folder / "authorized").write_text(user.with_suffix(".pub").read_text())
    (folder / "known").write_text(f"[127.0.0.1]:{port} {host.with_suffix('.pub').read_text()}")
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": host,
        "AuthorizedKeysFile": folder / "authorized",
        "StrictModes": "no",
        "UsePAM": "no",
        "PidFile": "none",
        "PermitRootLogin": "prohibit-password",
        "AcceptEnv": "HAL_*",
    }
    (folder / "sshd.conf").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    (folder / "ssh.conf").write_text(
        f"Host lab\n  HostName 127.0.0.1\n  Port {port}\n  User {getpass.getuser()}\n  IdentityFile {user}\n"
        f"  IdentitiesOnly yes\n  UserKnownHostsFile {folder / 'known'}\n  BatchMode yes\n  SendEnv HAL_*\n"
        f"  LocalForward {free_port()} 127.0.0.1:9\n"
    )
    monkeypatch.setenv("HAL_SSH", f"ssh -F {folder / 'ssh.conf'}")
    monkeypatch.setenv("HAL_AGENT", str(Path(sys.executable).with_name("hal")))
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path / "cards"))
    monkeypatch.setenv("HAL_CARD_TIME_SCALE", "0.01")
    make_shared_card("lab")
    with Child(SSHD, "-D", "-e", "-f", folder / "sshd.conf") as process:
        until(answers, port)
        yield process


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def is_free():
    """Whether nobody has the slot to himself."""
    try:
        hal.open_slot("ssh://lab/0", "emulator:lab", exclusive=True).close()
    except hal.SlotError:
        return False
    return True


def test_a_slot_over_openssh(server, blinker_class):
    with hal.open_slot("ssh://lab/0", "emulator:lab", exclusive=True) as slot:
        slot.provide(blinker_class, replace=True)
        with slot.attach(blinker_class) as device:
            device.ctrl.enable = 1
            with device.batch() as view:
                for channel in view.ch:
                    channel.level.value = 7
            assert dict(device.snapshot())["ctrl"] == 1
        assert not is_free()
    with hal.open_slot("ssh://lab/0", "emulator:lab", exclusive=True) as slot:
        way = slot.library._way._process
        way.kill()
        way.wait(LIMIT)
        with pytest.raises(hal.ConnectionLostError, match="it has ended"):
            slot.describe()
        until(is_free, pause=0.05)


def test_a_key_that_is_refused(server, monkeypatch, tmp_path):
    (tmp_path / "ssh" / "authorized").write_text("")
    with pytest.raises(hal.SlotError, match=r"it ended with 255; ssh could not connect\. .*Permission denied"):
        hal.open_slot("ssh://lab/0", "emulator:lab")
