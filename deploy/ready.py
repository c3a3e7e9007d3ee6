"""`python -m deploy.ready`: whether the service on this machine may have traffic; a container's health check.

It asks at BATON_PORT, and needs nothing but Python: it runs every few seconds.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from typing import Final

from deploy.processes import READY

WAIT_S: Final = 5.0


def failing(port: str) -> str | None:
    """Why the service at this port is not ready; None if it is."""
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        ask.open(f"http://127.0.0.1:{port}{READY}", timeout=WAIT_S).close()
    except urllib.error.HTTPError as answer:
        with answer:
            return f"not ready: {json.load(answer)['failed']}"
    except OSError as nobody:
        return f"nothing answers at port {port}: {nobody}"
    return None


if __name__ == "__main__":
    sys.exit(failing(os.environ.get("BATON_PORT", "8000")))
