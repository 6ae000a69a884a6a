"""The profile of one user (LP 6.4)."""

from hashlib import sha256
from typing import Any

from sandbox.line.endpoint import Answer, Call, Endpoint
from sandbox.line.errors import NOT_FOUND, LineError
from sandbox.line.people.population import is_user_id
from sandbox.line.platform import Line

_FAMILY_NAMES = ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村")
_GIVEN_NAMES = ("陽葵", "蓮", "凛", "湊", "結菜", "蒼", "芽依", "樹")
_STATUS_MESSAGES = ("よろしくお願いします", "旅行中", "元気です")
# How many of 256 have a picture and a status message.
_WITH_PICTURE, _WITH_STATUS = 200, 90


def read_profile(_line: Line, call: Call) -> Answer:
    """Answer the profile of a friend, or of someone who wrote; 404 for everybody else, blocking people too."""
    user_id = call.parts["user_id"]
    if not is_user_id(user_id):
        raise LineError(400, "The value for the 'userId' parameter is invalid")
    account = call.channel.account
    population = account.population
    person = population.index.get(user_id)
    if person is None:
        raise LineError(404, NOT_FOUND)
    bit = 1 << person
    is_known = population.friends & bit or person in account.wrote_at
    if not is_known or population.blocked & bit or not population.consented & bit:
        raise LineError(404, NOT_FOUND)
    return Answer(_describe(user_id))


def _describe(user_id: str) -> dict[str, Any]:
    """Make a profile up; the same user always has the same one."""
    noise = sha256(user_id.encode()).digest()
    name = f"{_FAMILY_NAMES[noise[0] % len(_FAMILY_NAMES)]} {_GIVEN_NAMES[noise[1] % len(_GIVEN_NAMES)]}"
    shown = {"userId": user_id, "displayName": name, "language": "ja"}
    if noise[2] < _WITH_PICTURE:
        shown["pictureUrl"] = f"https://profile.example/{user_id[1:]}"
    if noise[3] < _WITH_STATUS:
        shown["statusMessage"] = _STATUS_MESSAGES[noise[4] % len(_STATUS_MESSAGES)]
    return shown


ENDPOINTS = (Endpoint("GET", "/v2/bot/profile/{user_id}", read_profile),)
