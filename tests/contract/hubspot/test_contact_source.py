"""What `ContactSource` promises, held against the fake and against the client on the sandbox."""

import pytest

from audience.application.hubspot_port import HubSpotCredentials
from audience.domain.errors import (
    HubSpotListNotFound,
    HubSpotListUnsuitable,
    HubSpotPropertyMissing,
    HubSpotScopeMissing,
    HubSpotTokenRefused,
)
from tests.contract.hubspot.worlds import World
from tests.fakes.hubspot import ALL_SCOPES, CONTACTS_READ, LISTS_READ, SCHEMAS_READ

PROPERTY = "line_user_id"
LINE_ID = "U0123456789abcdef0123456789abcdef"


async def walk(world: World, list_id: str) -> list[tuple[str, ...]]:
    """Collect the pages of a walk."""
    return [page async for page in world.source.walk_members(world.credentials, list_id)]


async def test_access(world: World) -> None:
    """Credentials that serve are accepted, contacts or not."""
    await world.source.check_access(world.credentials, line_id_property=PROPERTY)


async def test_access_with_unknown_token(world: World) -> None:
    """A token that HubSpot does not know is refused."""
    with pytest.raises(HubSpotTokenRefused):
        await world.source.check_access(HubSpotCredentials("pat-unknown"), line_id_property=PROPERTY)


@pytest.mark.parametrize("missing", [{LISTS_READ}, {CONTACTS_READ}, {SCHEMAS_READ}, {LISTS_READ, SCHEMAS_READ}])
async def test_access_with_missing_scopes(world: World, missing: set[str]) -> None:
    """All missing scopes are named at once."""
    credentials = world.grant("pat-narrow", ALL_SCOPES - missing)

    with pytest.raises(HubSpotScopeMissing) as refused:
        await world.source.check_access(credentials, line_id_property=PROPERTY)
    assert set(refused.value.scopes) == missing


@pytest.mark.parametrize("name", ["lineid", "a/b", "email?x=1"])
async def test_access_with_unknown_property(world: World, name: str) -> None:
    """A property that the account lacks is named."""
    with pytest.raises(HubSpotPropertyMissing) as refused:
        await world.source.check_access(world.credentials, line_id_property=name)

    assert refused.value.metadata == {"property": name}


async def test_lists_of_contacts_only(world: World) -> None:
    """Lists of companies and of unknown kinds, and deleted ones, are left out."""
    world.add_list("購入者", ["101", "102"], processing_type="DYNAMIC")
    world.add_list("取引先企業", ["5"], object_type_id="0-2")
    world.add_list("臨時", processing_type="ADHOC")
    world.delete_list(world.add_list("旧リスト"))

    page = await world.source.list_lists(world.credentials)

    assert [(found.list_id, found.name, found.processing_type) for found in page.lists] == [("1", "購入者", "DYNAMIC")]
    assert page.lists[0].object_type_id == "0-1"
    assert page.lists[0].signals.reported_size == 2
    assert page.next_offset is None


async def test_lists_by_pages_and_words(world: World) -> None:
    """Pages follow each other by offset and hold the lists whose names have all words."""
    for number in range(5):
        world.add_list(f"Spring sale {number}")
    world.add_list("Autumn sale")
    found, offset = list[str](), 0
    pages = 0
    while True:
        page = await world.source.list_lists(world.credentials, query="SALE spring", offset=offset, count=2)
        found += [each.name for each in page.lists]
        pages += 1
        if page.next_offset is None:
            break
        offset = page.next_offset

    assert found == [f"Spring sale {number}" for number in range(5)]
    assert pages == 3


@pytest.mark.parametrize("count", [0, 501])
async def test_lists_page_size(world: World, count: int) -> None:
    """A page size that HubSpot does not have is the caller's mistake."""
    with pytest.raises(ValueError, match=str(count) if count == 0 else "50"):
        await world.source.list_lists(world.credentials, count=count)


async def test_get_list(world: World) -> None:
    """A list is found with signals that move when members move, and rest when they don't."""
    list_id = world.add_list("購入者", ["101"])
    first = await world.source.get_list(world.credentials, list_id)
    again = await world.source.get_list(world.credentials, list_id)
    world.change_members(list_id, remove=["101"], add=["102"])
    moved = await world.source.get_list(world.credentials, list_id)

    assert (first.list_id, first.name, first.signals.settled) == (list_id, "購入者", True)
    assert first == again
    assert first.signals.member_removed_time is None
    assert first.signals.member_added_time
    assert moved.signals.member_added_time
    assert moved.signals.member_added_time > first.signals.member_added_time
    assert moved.signals.member_removed_time == moved.signals.member_added_time


@pytest.mark.parametrize("list_id", ["99", "", "x", "1/memberships", "../lists/1"])
async def test_get_unknown_list(world: World, list_id: str) -> None:
    """A list that is not there is gone, and an id that can't be one never reaches another path."""
    world.add_list("購入者")

    with pytest.raises(HubSpotListNotFound) as gone:
        await world.source.get_list(world.credentials, list_id)
    assert gone.value.metadata == {"hubspot_list_id": list_id}


async def test_get_deleted_list(world: World) -> None:
    """A deleted list is gone."""
    list_id = world.add_list("購入者")
    world.delete_list(list_id)

    with pytest.raises(HubSpotListNotFound):
        await world.source.get_list(world.credentials, list_id)


@pytest.mark.parametrize(("object_type_id", "processing_type"), [("0-2", "MANUAL"), ("0-1", "ADHOC")])
async def test_get_unsuitable_list(world: World, object_type_id: str, processing_type: str) -> None:
    """A list of companies, or of an unknown kind, is unsuitable."""
    list_id = world.add_list("取引先企業", object_type_id=object_type_id, processing_type=processing_type)

    with pytest.raises(HubSpotListUnsuitable) as unsuitable:
        await world.source.get_list(world.credentials, list_id)
    assert unsuitable.value.metadata == {"hubspot_list_id": list_id, "object_type": object_type_id}


@pytest.mark.parametrize(("size", "pages"), [(0, 0), (1, 1), (250, 1), (251, 2), (1_000, 4)])
async def test_walk(world: World, size: int, pages: int) -> None:
    """A walk meets every member once, ascending, in pages of up to 250."""
    everybody = [str(record_id) for record_id in range(101, 101 + size)]
    list_id = world.add_list("購入者", everybody)

    found = await walk(world, list_id)

    assert [record_id for page in found for record_id in page] == everybody
    assert len(found) == pages


async def test_walk_of_unknown_list(world: World) -> None:
    """A list that is not there can't be walked."""
    with pytest.raises(HubSpotListNotFound):
        await walk(world, "99")


async def test_list_deleted_during_walk(world: World) -> None:
    """A list that goes in the middle of a walk ends it as gone, not as complete."""
    list_id = world.add_list("購入者", [str(record_id) for record_id in range(101, 601)])
    pages = world.source.walk_members(world.credentials, list_id)
    first = await anext(pages)
    world.delete_list(list_id)

    with pytest.raises(HubSpotListNotFound):
        await anext(pages)
    assert len(first) == 250


async def test_token_revoked_during_walk(world: World) -> None:
    """A token that expires in the middle of a walk ends it as refused."""
    credentials = world.grant("pat-short-lived")
    list_id = world.add_list("購入者", [str(record_id) for record_id in range(101, 601)])
    pages = world.source.walk_members(credentials, list_id)
    await anext(pages)
    world.revoke("pat-short-lived")

    with pytest.raises(HubSpotTokenRefused):
        await anext(pages)


async def test_read_line_ids(world: World) -> None:
    """Values come raw; contacts without one have None; a repeated id is read once."""
    well, malformed, empty = world.add_contact(LINE_ID), world.add_contact("@friend "), world.add_contact()

    reading = await world.source.read_line_ids(
        world.credentials, [well, malformed, empty, well], line_id_property=PROPERTY
    )

    assert reading.line_ids == {well: LINE_ID, malformed: "@friend ", empty: None}
    assert (reading.merged_into, reading.missing) == ({}, frozenset())


async def test_read_unknown_contacts(world: World) -> None:
    """Unknown and archived contacts are missing, the rest is read."""
    live, archived = world.add_contact(LINE_ID), world.add_contact(LINE_ID)
    world.archive_contact(archived)

    reading = await world.source.read_line_ids(world.credentials, [archived, "999", live], line_id_property=PROPERTY)

    assert reading.line_ids == {live: LINE_ID}
    assert reading.missing == {archived, "999"}


async def test_read_merged_contacts(world: World) -> None:
    """Old ids answer the contact that they became, over several merges, beside the new id itself."""
    first, second, third = world.add_contact(LINE_ID), world.add_contact(), world.add_contact()
    merged = world.merge_contacts(second, first)
    final = world.merge_contacts(merged, third)

    reading = await world.source.read_line_ids(
        world.credentials, [first, second, third, final, "999"], line_id_property=PROPERTY
    )

    assert reading.line_ids == dict.fromkeys([first, second, third, final], LINE_ID)
    assert reading.merged_into == dict.fromkeys([first, second, third], final)
    assert reading.missing == {"999"}


async def test_read_nobody(world: World) -> None:
    """Reading no contacts reads nothing."""
    reading = await world.source.read_line_ids(world.credentials, [], line_id_property=PROPERTY)

    assert (reading.line_ids, reading.missing) == ({}, frozenset())


async def test_read_too_many(world: World) -> None:
    """More than a hundred contacts a call are the caller's mistake."""
    with pytest.raises(ValueError, match="10"):
        await world.source.read_line_ids(
            world.credentials, [str(number) for number in range(101)], line_id_property=PROPERTY
        )


async def test_read_unknown_property(world: World) -> None:
    """A property that is not defined has no value on any contact."""
    record_id = world.add_contact(LINE_ID)

    reading = await world.source.read_line_ids(world.credentials, [record_id], line_id_property="lineid")

    assert reading.line_ids == {record_id: None}
