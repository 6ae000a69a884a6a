"""Length of a text in grapheme clusters, which LINE uses for labels and titles (LP 5.3, "Counting")."""

import unicodedata

_JOINER = "\u200d"
_MODIFIERS = range(0x1F3FB, 0x1F400)
_REGIONAL = range(0x1F1E6, 0x1F200)


def count_graphemes(text: str) -> int:
    """Return the number of grapheme clusters, by the rules that matter for marks, emoji and flags.

    An approximation of UAX 29 without Hangul syllable composition: precomposed Hangul counts right.
    """
    count = 0
    joined = False
    flag_open = False
    for character in text:
        regional = ord(character) in _REGIONAL
        extends = joined or _extends(character) or (regional and flag_open)
        if not extends:
            count += 1
        flag_open = regional and not (extends and flag_open)
        joined = character == _JOINER
    return count


def _extends(character: str) -> bool:
    """Whether a character belongs to the cluster before it."""
    return character == _JOINER or ord(character) in _MODIFIERS or unicodedata.category(character) in ("Mn", "Me", "Mc")
