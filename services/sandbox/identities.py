"""The user ids of made-up people, which LINE's friends and HubSpot's contacts share."""

from hashlib import md5


def make_user_id(seed: int, provider: str, number: int) -> str:
    """Return the user id of a person, which is the same in all channels of a provider (LP 8.7)."""
    return f"U{md5(f'{seed}:{provider}:{number}'.encode(), usedforsecurity=False).hexdigest()}"
