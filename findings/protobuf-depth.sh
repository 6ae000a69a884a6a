#!/usr/bin/env bash
# protobuf 7.36.2: what was written can't always be read, since parsers stop at depth 100; a Struct nests 33 objects.
#
# Behaviour: serialising has no limit, parsing has one of 100 nested messages. In a Struct each JSON object costs three of them (Struct,
#   map entry, Value), so a document of moderate depth is refused by the receiver alone, before any code of ours sees it.
# Seen: 33 objects within one another were read back, 34 raised DecodeError.
# So: 17 nested Flex boxes, each an object in a list, are as many as CreateCampaign can take (architecture 13).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check protobuf==7.36.2

"$work/venv/bin/python" - <<'PY'
import google.protobuf
from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct


def can_be_read_back(objects: int) -> bool:
    message = innermost = Struct()
    for _ in range(objects):
        innermost = innermost.get_or_create_struct("contents")
    try:
        Struct.FromString(message.SerializeToString())
    except DecodeError:
        return False
    return True


deepest = max(depth for depth in range(1, 200) if can_be_read_back(depth))
print("protobuf", google.protobuf.__version__)
print("a Struct of", deepest, "nested objects can be read back; one of", deepest + 1, "can only be written")
assert deepest == 33
PY
