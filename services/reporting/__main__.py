"""`python -m reporting`: the process of the reporting service."""

from kit.rpc.run import run_service
from reporting.bootstrap import serve
from reporting.config import Settings

if __name__ == "__main__":
    run_service("reporting", Settings, serve)
