"""What control requests of LINE name: a channel, and people of its OA."""

from sandbox import bits
from sandbox.control import ControlError, Document, MissingError
from sandbox.line.model import Channel, Send
from sandbox.line.platform import Line

ROOT = "/_control/line"
CHANNEL = ROOT + "/channels/{channel}"


def find_channel(line: Line, document: Document) -> Channel:
    """Return the channel that the path names.

    Raises:
        MissingError: there is none.

    """
    channel = line.channels.get(document.parts["channel"])
    if channel is None:
        raise MissingError("no such channel")
    return channel


def find_send(line: Line, channel: Channel, request_id: str) -> Send:
    """Return a send of the channel's OA.

    Raises:
        MissingError: there is none.

    """
    send = line.find_send(channel.account, request_id)
    if send is None:
        raise MissingError("no such request id")
    return send


def read_people(line: Line, channel: Channel, document: Document, *, among: int) -> int:
    """Return the people of `user_ids`, or `count` or a `share` of `among`; all of `among` when none is given.

    Raises:
        ControlError: an unknown user id, or fewer people than `count`.

    """
    user_ids = document.read_strings("user_ids")
    if user_ids is not None:
        people, unknown = channel.account.population.find(user_ids)
        if unknown:
            raise ControlError("user_ids: unknown in this channel")
        return people
    share = document.read("share", float)
    if share is not None:
        return bits.draw(line.rng, among, share)
    count = document.read("count", int)
    if count is None:
        return among
    if not 0 <= count <= among.bit_count():
        raise ControlError(f"count: 0 to {among.bit_count()}")
    return bits.pick(line.rng, among, count)
