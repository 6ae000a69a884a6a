"""The signature of webhooks."""

from linebot.v3 import WebhookParser

from sandbox.line.webhooks.signature import is_signed, sign

# Published by LINE, recomputed in LP 8.2.
SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
BODY = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
SIGNATURE = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="


def test_a23_the_published_vector() -> None:
    """Secret and body of the published vector give its signature, which the official SDK accepts."""
    assert sign(SECRET, BODY) == SIGNATURE
    assert WebhookParser(SECRET).parse(BODY.decode(), SIGNATURE) == []


def test_other_bodies_and_secrets_do_not_fit() -> None:
    """One byte more in the body, or another secret, makes the signature wrong."""
    assert is_signed(SECRET, BODY, SIGNATURE)
    assert not is_signed(SECRET, BODY + b" ", SIGNATURE)
    assert not is_signed("other", BODY, SIGNATURE)


def test_secrets_are_taken_as_utf_8() -> None:
    """A secret outside ASCII, or one that is no text at all, still signs."""
    assert sign("秘密", BODY) != sign("??", BODY)
    assert is_signed("\ud800", BODY, sign("\ud800", BODY))
