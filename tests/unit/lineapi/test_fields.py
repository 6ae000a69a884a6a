"""Reading is strict on what is used, and blind to the rest."""

from datetime import UTC, datetime

import pytest

from lineapi.fields import FieldError, Fields

_FIELDS = Fields(
    {
        "text": "a",
        "number": 7,
        "flag": True,
        "seconds": 1_600_000_000,
        "iso": "2020-12-03T10:15:30.121Z",
        "naive": "2020-12-03T10:15:30",
        "object": {"inner": {}},
        "objects": [{"n": 1}, 2],
        "null": None,
    }
)


def test_present_values() -> None:
    """Each kind of field reads as its Python type, times as aware UTC."""
    assert _FIELDS.read_text("text") == "a"
    assert _FIELDS.read_integer("number") == 7
    assert _FIELDS.read_flag("flag") is True
    assert _FIELDS.read_unix_time("seconds") == datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)
    assert _FIELDS.read_iso_time("iso") == datetime(2020, 12, 3, 10, 15, 30, 121000, tzinfo=UTC)
    assert _FIELDS.read_iso_time("naive") == datetime(2020, 12, 3, 10, 15, 30, tzinfo=UTC)


def test_absent_values() -> None:
    """Null and absent both read as None where a field may be missing."""
    assert _FIELDS.find_text("null") is None
    assert _FIELDS.find_integer("none") is None
    assert _FIELDS.find_flag("none") is None
    assert _FIELDS.find_unix_time("null") is None
    assert _FIELDS.find_iso_time("none") is None
    assert _FIELDS.find_object("null") is None


def test_location_of_a_wrong_field() -> None:
    """The error names the way to the field and not its value."""
    inner = _FIELDS.read_object("object").read_object("inner")

    with pytest.raises(FieldError, match=r"^answer\.object\.inner\.phase is missing$"):
        inner.read_text("phase")


def test_wrong_element_of_an_array() -> None:
    """The error names the index of an element that is no object."""
    with pytest.raises(FieldError, match=r"^answer\.objects\[1\] is not an object$"):
        _FIELDS.read_objects("objects")


@pytest.mark.parametrize(
    ("read", "name"),
    [
        ("read_text", "number"),
        ("read_integer", "flag"),
        ("read_integer", "text"),
        ("read_flag", "number"),
        ("read_iso_time", "text"),
        ("read_object", "text"),
        ("read_objects", "null"),
        ("read_objects", "object"),
    ],
)
def test_wrong_types(read: str, name: str) -> None:
    """A value of another type is an error, a boolean as an integer too."""
    with pytest.raises(FieldError, match=f"answer.{name}"):
        getattr(_FIELDS, read)(name)


@pytest.mark.parametrize("seconds", [10**12 * 9, 10**20, -(10**20)])
def test_times_out_of_range(seconds: int) -> None:
    """Seconds beyond the calendar, as milliseconds would be, are an error."""
    with pytest.raises(FieldError):
        Fields({"created": seconds}).read_unix_time("created")


@pytest.mark.parametrize("number", [2**63, -(2**63), 10**40])
def test_integers_out_of_range(number: int) -> None:
    """Integers that no column of 64 bits holds are an error."""
    with pytest.raises(FieldError, match=r"answer\.number is not an integer of 64 bits"):
        Fields({"number": number}).read_integer("number")


def test_counts() -> None:
    """A count is an integer of 0 or more."""
    read = [Fields({"count": 0}).read_count("count"), Fields({}).find_count("count")]

    assert read == [0, None]
    with pytest.raises(FieldError, match=r"answer\.count is negative"):
        Fields({"count": -1}).read_count("count")


@pytest.mark.parametrize("value", [None, [], "x", 1])
def test_no_object(value: object) -> None:
    """An answer that is no object is an error."""
    with pytest.raises(FieldError, match="answer is not an object"):
        Fields(value)
