"""The one spelling of JSON in which messages are stored and requests are sent (architecture 2)."""

import json

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def canonical_json(value: object) -> bytes:
    """Spell `value` as UTF-8 JSON without spaces, members in their own order, integers as integers.

    The same value with the same member order always gives the same bytes, so that every attempt of a send carries what
    the first one carried (invariant I2). Raises `ValueError` for what JSON can't carry: NaN, infinities and lone
    surrogates.
    """
    return _ENCODER.encode(value).encode()
