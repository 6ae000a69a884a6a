"""`python -m outreach_client`: the operator's command, which an installed wheel offers as `outreach` too."""

import sys

from outreach_client.command.main import main

if __name__ == "__main__":
    sys.exit(main())
