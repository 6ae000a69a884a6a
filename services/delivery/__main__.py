"""`python -m delivery`: the process of the delivery service."""

from delivery.bootstrap import serve
from delivery.config import Settings
from kit.rpc.run import run_service

if __name__ == "__main__":
    run_service("delivery", Settings, serve)
