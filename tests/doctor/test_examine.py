from __future__ import annotations

from streammatte import doctor


def test_an_examination_of_this_machine_ends_and_each_trouble_has_a_remedy(monkeypatch):
    def broken():
        raise OSError("a driver that hangs up")

    monkeypatch.setattr(doctor, "_LOOKS", (("cameras", broken), *doctor._LOOKS))
    first, *findings = doctor.examine(test=False)

    assert (first.section, first.name, first.status) == ("cameras", "broken", "problem")
    assert "a driver that hangs up" in first.detail
    assert [*dict.fromkeys(each.section for each in findings)] == [
        "Python",
        "packages",
        "compute devices",
        "cameras",
        "virtual cameras",
    ]
    assert {each.name: each.detail for each in findings}["chosen"] in ("onnxruntime on cpu", "torch on cuda")
    assert all(each.remedy for each in (first, *findings) if each.status != "ok")


def test_a_part_alone_can_be_looked_at(monkeypatch):
    monkeypatch.setattr(doctor, "_LOOKS", tuple((name, lambda: 1 / 0) for name in ("packages", "cameras", "cameras")))
    assert [each.section for each in doctor.examine(only=("cameras", "self-test"), test=False)] == ["cameras"] * 2
