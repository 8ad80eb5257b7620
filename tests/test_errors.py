from __future__ import annotations

import pickle

import pytest

from streammatte.errors import DeviceError, MissingExtraError, StreammatteError, UsageError, about


@pytest.mark.parametrize(
    ("kind", "resembles"), [(UsageError, ValueError), (DeviceError, OSError), (MissingExtraError, ImportError)]
)
def test_an_error_is_one_sentence_for_people_and_its_parts_for_programs(kind, resembles):
    error = kind("the lamp is off", remedy="turn it on", subject="lamp")
    assert isinstance(error, resembles)
    for each in (error, pickle.loads(pickle.dumps(error))):
        assert str(each) == "the lamp is off; turn it on"
        assert (each.problem, each.remedy, each.subject) == ("the lamp is off", "turn it on", "lamp")
    assert str(kind("the lamp is off")) == "the lamp is off"


def test_an_error_is_about_the_innermost_thing_that_is_named():
    with pytest.raises(StreammatteError) as caught, about("house"), about("lamp"), about(None):
        raise StreammatteError("it is dark")
    assert caught.value.subject == "lamp"
