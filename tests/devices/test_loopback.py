from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from streammatte.devices.loopback import LOAD, RELOAD, builds, exclusive_caps, make_command, module_version


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return write


@pytest.fixture
def is_distribution(monkeypatch):
    def is_distribution(name, like=""):
        monkeypatch.setattr("platform.freedesktop_os_release", lambda: {"ID": name, "ID_LIKE": like})

    return is_distribution


def test_settings_are_matched_by_number_where_one_was_asked_for(write, tmp_path):
    write("sys/module/v4l2loopback/parameters/exclusive_caps", "Y,N,Y,N\n")
    write("sys/module/v4l2loopback/parameters/video_nr", "9,-1,4,-1\n")
    paths = ["/dev/video0", "/dev/video4", "/dev/video9"]
    assert exclusive_caps(paths, tmp_path) == {"/dev/video0": False, "/dev/video4": True, "/dev/video9": True}


def test_settings_are_matched_in_order_else(write, tmp_path):
    write("sys/module/v4l2loopback/parameters/exclusive_caps", "0,1\n")
    paths = ["/dev/video2", "/dev/video3", "/dev/video8"]  # the last was added after the module was loaded
    assert exclusive_caps(paths, tmp_path) == {"/dev/video2": False, "/dev/video3": True}


def test_without_the_module_nothing_is_known(tmp_path):
    assert exclusive_caps(["/dev/video0"], tmp_path) == {}


def test_the_command_does_no_more_than_is_needed(write, is_distribution, tmp_path):
    is_distribution("linuxmint", "ubuntu debian")
    assert make_command(tmp_path) == f"sudo apt install -y v4l2loopback-dkms linux-headers-$(uname -r) && {LOAD}"

    write(
        f"lib/modules/{platform.release()}/modules.dep", "kernel/a.ko:\nupdates/dkms/v4l2loopback.ko.zst: kernel/b.ko\n"
    )
    assert make_command(tmp_path) == LOAD

    write("sys/module/v4l2loopback/refcnt", "0\n")
    assert make_command(tmp_path) == RELOAD


@pytest.mark.parametrize(
    ("name", "like", "command"),
    [
        ("arch", "", "sudo pacman -S "),
        ("fedora", "", "sudo dnf install -y "),
        ("opensuse-tumbleweed", "opensuse suse", "sudo zypper --non-interactive install "),
        ("debian", "", "sudo apt install -y "),
        ("unheard-of", "", "d=$(mktemp -d) && git clone https://github.com/v4l2loopback/v4l2loopback "),
    ],
)
def test_each_distribution_installs_in_its_own_way(name, like, command, is_distribution, tmp_path):
    is_distribution(name, like)
    assert make_command(tmp_path).startswith(command)
    assert make_command(tmp_path).endswith(f" && {LOAD}")


def test_a_version_that_does_not_build_is_not_installed_again(write, is_distribution, tmp_path, monkeypatch):
    is_distribution("debian")
    write("usr/src/v4l2loopback-0.9.1/dkms.conf", "")
    write("usr/src/v4l2loopback-0.12.7/dkms.conf", "")
    assert module_version(tmp_path) == "0.12.7"
    monkeypatch.setattr("platform.release", lambda: "6.12.43+deb13-amd64")
    assert make_command(tmp_path).startswith("sudo apt ")
    monkeypatch.setattr("platform.release", lambda: "7.0.4-1-amd64")
    assert make_command(tmp_path).startswith("d=$(mktemp -d) && git clone ")
    write("usr/src/v4l2loopback-0.15.3/dkms.conf", "")
    assert make_command(tmp_path).startswith("sudo apt ")
    write("sys/module/v4l2loopback/version", "0.13.2\n")
    assert module_version(tmp_path) == "0.13.2"


@pytest.mark.skipif(sys.platform == "win32", reason="has another shell")
def test_what_could_not_be_built_can_be_tried_again_and_nothing_is_left_where_one_stands(
    write, is_distribution, tmp_path, monkeypatch
):
    is_distribution("unheard-of")
    command = make_command(tmp_path)
    programs = {
        "git": 'into=${3:-v4l2loopback}; [ -z "$(ls "$into")" ] && mkdir -p "$into" && touch "$into/Makefile"',
        "make": '[ -e "$2/Makefile" ] && [ -z "$BROKEN" ]',
        "sudo": '[ "$1" != make ] || [ -e "$3/Makefile" ]',
    }
    for name, text in programs.items():
        write(f"bin/{name}", f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "here").mkdir()
    for broken in ("yes", ""):
        monkeypatch.setenv("BROKEN", broken)
        assert (subprocess.run(command, shell=True, cwd=tmp_path / "here", check=False).returncode == 0) == (not broken)
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.parametrize(
    ("version", "kernel", "does"),
    [("0.12.7", "6.1.0-28-amd64", True), ("0.12.7", "7.0.4", False), ("0.14.0", "7.1", False), ("0.15.0", "7.0", True)],
)
def test_old_versions_do_not_build_on_new_kernels(version, kernel, does):
    assert builds(version, kernel) == does
