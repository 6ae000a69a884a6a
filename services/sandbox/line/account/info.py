"""The OA itself: bot info, quota and consumption (LP 6.1, 6.4)."""

from typing import Any

from sandbox.line.endpoint import Answer, Call, Endpoint
from sandbox.line.platform import Line


def read_bot_info(_line: Line, call: Call) -> Answer:
    """Answer who the bot is."""
    account = call.channel.account
    shown: dict[str, Any] = {
        "userId": account.bot_user_id,
        "basicId": account.basic_id,
        "displayName": account.display_name,
        "chatMode": account.standing.chat_mode,
        "markAsReadMode": account.standing.mark_as_read_mode,
    }
    optional = {"premiumId": account.standing.premium_id, "pictureUrl": account.standing.picture_url}
    shown |= {name: value for name, value in optional.items() if value is not None}
    return Answer(shown)


def read_quota(_line: Line, call: Call) -> Answer:
    """Answer the month's limit."""
    limit = call.channel.account.quota.limit
    return Answer({"type": "none"} if limit is None else {"type": "limited", "value": limit})


def read_consumption(line: Line, call: Call) -> Answer:
    """Answer what was used this month; holds do not show (LP 6.3)."""
    used = call.channel.account.quota.used[line.quota_month()]
    return Answer({"totalUsage": used})


ENDPOINTS = (
    Endpoint("GET", "/v2/bot/info", read_bot_info),
    Endpoint("GET", "/v2/bot/message/quota", read_quota),
    Endpoint("GET", "/v2/bot/message/quota/consumption", read_consumption),
)
