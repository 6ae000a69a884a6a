#!/usr/bin/env bash
# protobuf 7.36.2: google.protobuf.Struct has no integers, and loses those above 2**53 without a word.
#
# Behaviour: whatever integer is put into a Struct comes out as a float, and in JSON with ".0"; an integer that a float can't hold
#   becomes its neighbour, with no error and no warning.
# Seen: 60000 came back as the float 60000.0, and 9007199254740993 as 9007199254740992.
# So: LINE's message objects travel as a Struct; integral numbers are made int again, and larger ones are refused (architecture 2).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check protobuf==7.36.2

"$work/venv/bin/python" - <<'PY'
import json

import google.protobuf
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

message = Struct()
message.update({"duration": 60000, "id": 2**53 + 1})
written = json.loads(json_format.MessageToJson(message))

print("protobuf", google.protobuf.__version__)
print("60000 became", repr(message["duration"]), "and in JSON", repr(written["duration"]))
print("9007199254740993 became", int(message["id"]))
assert isinstance(message["duration"], float)
assert isinstance(written["duration"], float)
assert int(message["id"]) == 2**53
PY
