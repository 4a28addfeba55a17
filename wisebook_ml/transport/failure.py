"""What happens when an agent cannot go on."""

import logging
import os
from typing import NoReturn

__all__ = ["EXIT_FAILED", "end_process"]

LOGGER = logging.getLogger(__name__)

EXIT_FAILED = 70
"""Exit status of a worker that cannot go on (EX_SOFTWARE of sysexits.h); restarted, it resumes from its last commit."""


def end_process(reason: str, error: BaseException | None) -> NoReturn:
    """Log the reason and end the process at once.

    Not by an exception: Faust acknowledges what an agent leaves unfinished on its way out, and restarts the agent
    behind it.
    """
    LOGGER.critical("%s; the worker ends and resumes from its last commit", reason, exc_info=error)
    logging.shutdown()
    os._exit(EXIT_FAILED)
