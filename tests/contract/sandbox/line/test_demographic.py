"""The percentages of an OA's friends (LP 6.5; rows A20, B33)."""

from typing import Any

import pytest

from sandbox.line.insight.area_names import AREA_NAMES
from sandbox.line.sending.trees import AREAS
from tests.contract.sandbox.line.driver import OfficialAccount

PATH = "/v2/bot/insight/demographic"
KINDS = ("genders", "ages", "areas", "appTypes", "subscriptionPeriods")


async def read(oa: OfficialAccount) -> Any:
    """Return the percentages."""
    return (await oa.call("GET", PATH)).body


def share_of(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return percentages by value, those of nobody left out."""
    return {next(iter(row.values())): row["percentage"] for row in rows if row["percentage"]}


@pytest.mark.parametrize(("reach", "available"), [(19, False), (20, True)])
async def test_b33_target_reach(oa: OfficialAccount, reach: int, available: bool) -> None:  # noqa: FBT001 - a parameter
    """With a target reach under 20 there is nothing but empty lists."""
    await oa.befriend(reach)
    answer = await read(oa)

    assert answer["available"] is available
    assert all(bool(answer[kind]) == available for kind in KINDS)


async def test_a20_demographics(oa: OfficialAccount) -> None:
    """The SDK reads shares of reachable friends, with who is unknown among them."""
    await oa.befriend(30)
    await oa.befriend(20, first=100, gender="male", age=52, area="jp_27", app_type="android", days_since_followed=400)
    unknown = {"gender": None, "age": None, "area": None, "app_type": None}
    await oa.befriend(50, first=200, **unknown)
    blocking = list(await oa.befriend(10, first=300))
    await oa.control("POST", "blocks", user_ids=blocking)
    model = await oa.sdk(lambda line: line.insight.get_friends_demographics())
    answer = await read(oa)

    assert model.available
    assert share_of(answer["genders"]) == {"female": 30.0, "male": 20.0, "unknown": 50.0}
    assert share_of(answer["ages"]) == {"from30to34": 30.0, "from50": 20.0, "from50to54": 20.0, "unknown": 50.0}
    assert share_of(answer["areas"]) == {"東京": 30.0, "大阪": 20.0, "unknown": 50.0}
    assert share_of(answer["appTypes"]) == {"ios": 30.0, "android": 20.0, "others": 50.0}
    assert share_of(answer["subscriptionPeriods"]) == {"within30days": 80.0, "over365days": 20.0}


async def test_other_countries(oa: OfficialAccount) -> None:
    """Accounts of other countries have none, Thai ones nobody under 20."""
    await oa.befriend(20)
    await oa.control("POST", "standing", country="OTHER")
    other = await read(oa)
    await oa.control("POST", "standing", country="TH")
    ages = [row["age"] for row in (await read(oa))["ages"]]

    assert other["available"] is False
    assert ages[0] == "from20to24"


async def test_new_friends_come_later(oa: OfficialAccount) -> None:
    """Percentages are three days old: who came since is not among them."""
    await oa.befriend(20)
    await oa.befriend(20, first=100, gender="male", days_since_followed=2)
    early = share_of((await read(oa))["genders"])
    oa.clock.advance(86_400)
    late = share_of((await read(oa))["genders"])

    assert (early, late) == ({"female": 100.0}, {"female": 50.0, "male": 50.0})


def test_every_area_has_a_name() -> None:
    """Each area that can be filtered by can be shown; Japan's names are without 都府県."""
    assert list(AREA_NAMES) == list(AREAS)
    assert (AREA_NAMES["jp_01"], AREA_NAMES["jp_13"], AREA_NAMES["jp_26"]) == ("北海道", "東京", "京都")
    assert (AREA_NAMES["jp_47"], AREA_NAMES["tw_22"], AREA_NAMES["th_08"]) == ("沖縄", "Lienchiang", "Western")
