"""`python -m deploy.ready`: whether the service on this machine may have traffic; a container's health check.

It asks at BATON_HOST and BATON_PORT, and needs nothing but Python: it runs every few seconds.
"""

import http.client
import json
import os
import sys
import urllib.error
import urllib.request
from typing import Final

from deploy.processes import READY, address

WAIT_S: Final = 5.0


def failing(url: str) -> str | None:
    """Why the service at this address is not ready; None if it is."""
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        ask.open(f"{url}{READY}", timeout=WAIT_S).close()
    except urllib.error.HTTPError as answer:
        with answer:
            return f"not ready: {_reasons(answer)}"
    except http.client.HTTPException as strange:
        return f"not ready: {_stranger(f'{url}{READY}', repr(strange))}"
    except OSError as nobody:
        return f"nothing answers at {url}: {nobody}"
    return None


def _reasons(answer: urllib.error.HTTPError) -> object:
    try:
        return json.load(answer)["failed"]
    except (ValueError, LookupError, TypeError):
        return _stranger(answer.url, f"HTTP {answer.code}")


def _stranger(url: str, says: str) -> str:
    hint = "give BATON_HOST and BATON_PORT of the service"
    return f"what answers at {url} is no service of Baton ({says}); {hint}"


if __name__ == "__main__":
    sys.exit(
        failing(address(os.environ.get("BATON_HOST", "127.0.0.1"), os.environ.get("BATON_PORT", "8000")))
    )
