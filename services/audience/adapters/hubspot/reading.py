"""Matching what a batch read answers to the record ids that were asked for (HS 6.1, HS 10.14)."""

from collections.abc import Iterable

from audience.adapters.hubspot.documents import ContactDocument
from audience.application.hubspot_port import LineIdReading


class ReadingInProgress:
    """Asked record ids, each answered at most once, over as many calls as it takes."""

    def __init__(self, record_ids: Iterable[str], *, line_id_property: str) -> None:
        self._property = line_id_property
        self._open = dict.fromkeys(record_ids)
        self._only = len(self._open) == 1
        self._line_ids: dict[str, str | None] = {}
        self._merged_into: dict[str, str] = {}

    @property
    def open_ids(self) -> list[str]:
        """The asked ids without an answer so far, in the order asked."""
        return list(self._open)

    def take(self, contacts: Iterable[ContactDocument]) -> bool:
        """Match contacts to open ids by their id and by the ids merged into them; tell whether any is left over.

        A contact that matches none answers for some asked id all the same, only it is not known for which, unless
        just one was asked.
        """
        strangers = [contact for contact in contacts if not self._match(contact)]
        if self._only and self._open and len(strangers) == 1:
            self._answer(next(iter(self._open)), strangers.pop())
        return bool(strangers)

    def adopt(self, other: LineIdReading) -> None:
        """Take over what another reading found out about ids that are open here."""
        self._line_ids |= other.line_ids
        self._merged_into |= other.merged_into
        self._open = {asked: None for asked in self._open if asked not in other.line_ids}

    def finish(self) -> LineIdReading:
        """End the reading: what has no answer now is missing."""
        return LineIdReading(line_ids=self._line_ids, merged_into=self._merged_into, missing=frozenset(self._open))

    def _match(self, contact: ContactDocument) -> bool:
        answered = [asked for asked in self._open if asked == contact.record_id or asked in contact.merged_ids]
        for asked in answered:
            self._answer(asked, contact)
        return bool(answered) or contact.record_id in self._line_ids

    def _answer(self, asked: str, contact: ContactDocument) -> None:
        del self._open[asked]
        self._line_ids[asked] = contact.properties.get(self._property) or None
        if asked != contact.record_id:
            self._merged_into[asked] = contact.record_id
