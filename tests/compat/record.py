"""Record what the real clients send: `python -m tests.compat.record [NAME…]`, all of them without a name.

Every text, name, address and key is invented. The answers are the protocols' own, right and wrong ones, so that a
transcript also says what the client makes of each.
"""

import sys
from collections.abc import Callable

from tests.compat.recorder import Recorder, Transcript
from tests.compat.recordings import akismet, openai, perspective

RECORDINGS: dict[str, Callable[[Recorder], Transcript]] = {
    "akismet-py": akismet.akismet_py,
    "cedx-akismet": akismet.cedx_akismet,
    "akismet-api": akismet.akismet_api,
    "google-api-python-client": perspective.google_client,
    "perspective-api-client": perspective.npm_client,
    "openai-py": openai.openai_py,
    "openai-node": openai.openai_node,
}


def main() -> None:
    """Record the named clients, each against a recorder of its own, and print the files written."""
    for name in sys.argv[1:] or RECORDINGS:
        with Recorder().running() as recorder:
            print(RECORDINGS[name](recorder).write().name)


if __name__ == "__main__":
    main()
