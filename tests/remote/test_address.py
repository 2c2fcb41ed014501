"""Addresses of slots on other hosts: what is one, and what never reaches ssh or a shell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hal
from hal.remote.address import Address, address_of
from hal.remote.connection import ssh_command


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ssh://lab/0", Address("", "lab", 0, 0)),
        ("ssh://me@lab.example.com:2222/7", Address("me", "lab.example.com", 2222, 7)),
        ("ssh://my_host-1/3", Address("", "my_host-1", 0, 3)),
        ("ssh://[2001:db8::1]:22/1", Address("", "2001:db8::1", 22, 1)),
    ],
)
def test_addresses(text, address):
    assert address_of(text) == address
    assert address_of(address.url) == address


@pytest.mark.parametrize(
    "text",
    [
        "ssh://-oProxyCommand=id/0",
        "ssh://-l@lab/0",
        "ssh://lab;id/0",
        "ssh://$(id)/0",
        "ssh://`id`/0",
        "ssh://la b/0",
        "ssh://lab\n/0",
        "ssh://lab/0\n",
        "ssh://lab'/0",
        "ssh://a@b@lab/0",
        "ssh://lab/0/1",
        "ssh://lab/0?x",
        "ssh://lab",
        "ssh:///0",
        "ssh://lab/-1",
        "ssh://lab/zero",
        "ssh://l\u0430b/0",
        "ssh://lab/\u0660",
        "SSH://lab/0",
        "http://lab/0",
        "0",
        "",
    ],
)
def test_what_is_no_address_is_told_and_starts_nothing(text, monkeypatch, tmp_path):
    program = tmp_path / "ssh"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    program.chmod(0o755)
    monkeypatch.setenv("HAL_SSH", str(program))
    with pytest.raises(hal.CardMissingError, match="is no slot: give a number of this machine's, or ssh://"):
        hal.open_slot(text)
    assert not (tmp_path / "started").exists()


def test_numbers_out_of_range():
    with pytest.raises(hal.CardMissingError, match="slot 8 of lab: slots are numbered 0 to 7"):
        address_of("ssh://lab/8")
    for port in ("0", "65536"):
        with pytest.raises(hal.CardMissingError, match="is no port of ssh"):
            address_of(f"ssh://lab:{port}/0")


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_refused(text):
    try:
        address = address_of(f"ssh://{text}/0")
    except hal.CardMissingError:
        return
    command = ssh_command(address)
    assert not address.host.startswith("-")
    assert command[command.index("--") + 1] == address.host
    assert all(character.isalnum() or character in "._-:" for character in address.user + address.host)


def test_the_program_and_its_words(monkeypatch):
    monkeypatch.delenv("HAL_SSH", raising=False)
    monkeypatch.delenv("HAL_AGENT", raising=False)
    assert ssh_command(address_of("ssh://lab/0")) == [
        "ssh",
        "-T",
        "-oClearAllForwardings=yes",
        "--",
        "lab",
        "hal agent",
    ]
    monkeypatch.setenv("HAL_SSH", "/opt/my ssh".replace(" ", r"\ ") + " -F conf")
    monkeypatch.setenv("HAL_AGENT", "/opt/it's $(here)/hal")
    assert ssh_command(address_of("ssh://me@lab:22/0")) == [
        *("/opt/my ssh", "-F", "conf", "-T", "-oClearAllForwardings=yes", "-p", "22", "-l", "me", "--", "lab"),
        "'/opt/it'\"'\"'s $(here)/hal' agent",
    ]
