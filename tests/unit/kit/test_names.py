"""Resource names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.names import CALLER_ID, VENDOR_ID, MalformedName, ResourceName

CAMPAIGN = ResourceName("channels/{channel}/campaigns/{campaign}")
AUDIENCE = ResourceName("channels/{channel}/audiences/{audience}", {"audience": VENDOR_ID})


@given(channel=st.from_regex(CALLER_ID, fullmatch=True), audience=st.from_regex(VENDOR_ID, fullmatch=True))
def test_round_trip(channel: str, audience: str) -> None:
    """What is formatted can be parsed again, to the same ids."""
    name = AUDIENCE.format(channel=channel, audience=audience)

    assert AUDIENCE.parse(name) == {"channel": channel, "audience": audience}


@given(st.text())
def test_any_text(text: str) -> None:
    """Any text is either a name or refused with a typed error; nothing else happens."""
    try:
        ids = CAMPAIGN.parse(text)
    except MalformedName:
        assert not CAMPAIGN.matches(text)
    else:
        assert CAMPAIGN.format(**ids) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "channels/acme",
        "channels/acme/campaigns/",
        "channels/acme/campaigns/ab",
        "channels/acme/campaigns/" + "a" * 64,
        "channels/acme/campaigns/1st",
        "channels/acme/campaigns/May",
        "channels/acme/campaigns/may\n",
        "channels/acme/campaigns/may/",
        "channels/acme/campaigns/may/report",
        "channels/acme/campaigns/ｍａｙ",
    ],
)
def test_malformed(text: str) -> None:
    """Ids that are too short, too long or of other characters, and parts too many or too few, are refused."""
    with pytest.raises(MalformedName):
        CAMPAIGN.parse(text)


@pytest.mark.parametrize("audience", ["0", "007", "-1", "1" * 19, "1e3", "٣"])
def test_vendor_ids(audience: str) -> None:
    """A vendor's id has one spelling and fits into 64 bits."""
    assert not AUDIENCE.matches(f"channels/acme/audiences/{audience}")


def test_violation() -> None:
    """The error names the field and the pattern, and never repeats what was sent."""
    with pytest.raises(MalformedName) as caught:
        CAMPAIGN.parse("secret", field="campaign.name")

    (violation,) = caught.value.fields
    assert (violation.field, violation.reason) == ("campaign.name", "MALFORMED_NAME")
    assert "channels/{channel}/campaigns/{campaign}" in violation.description
    assert "secret" not in caught.value.message + violation.description


def test_format_checks() -> None:
    """A name that could not be parsed again is not made."""
    with pytest.raises(ValueError, match="breaks the syntax"):
        CAMPAIGN.format(channel="acme", campaign="a/b")
