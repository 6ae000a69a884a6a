"""`python -m audience`: the process of the audience service."""

from audience.bootstrap import serve
from audience.config import Settings
from kit.rpc.run import run_service

if __name__ == "__main__":
    run_service("audience", Settings, serve)
