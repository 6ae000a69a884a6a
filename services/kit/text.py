"""Text from outside, made fit for everything that it may reach: PostgreSQL, protos, events, JSON, logs, headers."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def clean(text: str) -> str:
    """Replace lone surrogates and NUL, which JSON can write and PostgreSQL and UTF-8 can't hold.

    Halves of one sign that come one after the other are put together.
    """
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
