"""The demo world: one OA with friends and audiences, and a HubSpot account whose contacts are partly among them."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from sandbox import bits
from sandbox.hubspot import world as hubspot_world
from sandbox.hubspot.state import HubSpot
from sandbox.line.audiences.audience import RETENTION, Audience
from sandbox.line.model import Channel
from sandbox.line.people.generate import add_friends
from sandbox.line.platform import Line
from sandbox.line.times import read_japanese_day

CHANNEL_ID = "2000000001"
CHANNEL_SECRET = "sandbox-line-secret-0001"  # noqa: S105 - opens nothing but the sandbox
BOT_USER_ID = "U00000000000000000000000000000001"
QUOTA = 30_000


@dataclass(frozen=True, slots=True)
class Plan:
    """One audience to make: `share` of the friends, or exactly `size` of them."""

    kind: str
    name: str
    create_route: str
    share: float = 0.0
    size: int | None = None
    age_days: int = 30
    status: str | None = None


PLANS = (
    Plan("UPLOAD", "会員アップロード", "OA_MANAGER", share=0.30),
    Plan("CLICK", "春セールをタップした人", "OA_MANAGER", share=0.10),
    Plan("IMP", "春セールを開いた人", "OA_MANAGER", share=0.50),
    Plan("CHAT_TAG", "タグ: 常連", "OA_MANAGER", share=0.16),
    Plan("FRIEND_PATH", "追加経路: 店頭QR", "OA_MANAGER", share=0.20),
    Plan("WEBTRAFFIC", "カート投入", "OA_MANAGER", share=0.14),
    # Too few for any send with a minimum, and known to be: chat tags are counted exactly.
    Plan("CHAT_TAG", "タグ: VIP", "OA_MANAGER", size=30),
    # Enough by its count, too few once an attribute halves it: LINE finds that out (errorCode 2).
    Plan("WEBTRAFFIC", "高額商品の閲覧", "OA_MANAGER", size=60),
    Plan("WEBTRAFFIC", "集計中のサイト訪問", "OA_MANAGER", share=0.02, status="IN_PROGRESS"),
    Plan("UPLOAD", "昨年のキャンペーン", "MESSAGING_API", share=0.05, age_days=190),
)


def populate(line: Line, hubspot: HubSpot, *, seed: int, friends: int) -> None:
    """Make the demo world; the same seed and number of friends make the same one."""
    channel = line.create_channel(
        CHANNEL_ID, CHANNEL_SECRET, bot_user_id=BOT_USER_ID, display_name="みどり商店", quota_limit=QUOTA
    )
    account = channel.account
    add_friends(account, friends, seed=seed, today=read_japanese_day(line.now()))
    rng = Random(f"demo audiences:{seed}")  # noqa: S311 - reproducible, no secrets here
    for plan in PLANS:
        _make_audience(line, channel, plan, rng)
    hubspot_world.populate(hubspot, seed=seed, line_user_ids=account.population.ids, property_name="line_user_id")


def _make_audience(line: Line, channel: Channel, plan: Plan, rng: Random) -> None:
    account, now = channel.account, line.now()
    eligible = account.population.friends & account.population.consented
    # Blocked friends stay in audiences (LP 3.4); the small ones hold none, so that their sizes are what they say.
    if plan.size is None:
        people = bits.draw(rng, eligible, plan.share)
    else:
        people = bits.pick(rng, eligible & account.population.deliverable, plan.size)
    created = now.replace(microsecond=0) - timedelta(days=plan.age_days)
    audience = Audience(
        number=line.next_audience_number(),
        kind=plan.kind,
        name=plan.name,
        created=created,
        ready_at=created,
        channel_id=channel.channel_id if plan.create_route == "MESSAGING_API" else "",
        create_route=plan.create_route,
        people=people,
        expires=created + RETENTION,
        fixed_status=plan.status,
    )
    account.audiences[audience.number] = audience
