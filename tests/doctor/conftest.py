from __future__ import annotations

import pytest

from streammatte.devices.listing import CameraInfo
from streammatte.errors import DeviceError


@pytest.fixture
def there(monkeypatch):
    """Put devices, formats and holders in the place of this machine's."""

    def put(*devices, modes=(), held=(), form=None, root=True, pipewire=False):
        seen = [CameraInfo(each.path, each.name) for each in devices if each.captures]
        monkeypatch.setattr("streammatte.devices.listing.list_cameras", lambda: seen)
        for module in ("cameras", "virtual_cameras"):
            monkeypatch.setattr(f"streammatte.doctor.{module}.v4l2_devices", lambda: list(devices))
            monkeypatch.setattr(f"streammatte.doctor.{module}.holders", lambda path: list(held))
            monkeypatch.setattr(f"streammatte.doctor.{module}.sees_all", lambda: root)
        monkeypatch.setattr("streammatte.doctor.cameras.camera_modes", lambda path: list(modes))
        monkeypatch.setattr("streammatte.doctor.virtual_cameras.output_format", lambda path: form)
        problem = None if pipewire else DeviceError("it is not there")
        monkeypatch.setattr("streammatte.doctor.virtual_cameras.pipewire_problem", lambda: problem)

    return put


@pytest.fixture
def settings(tmp_path):
    """Write the settings of a v4l2loopback; return the system's root folder."""

    def write(**values):
        for name, value in values.items():
            path = tmp_path / "sys/module/v4l2loopback/parameters" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(value + "\n")
        return tmp_path

    return write
