"""Bugs to see nodrop find. Take this file and its calls out of a copy that you mean to use."""

import os
import signal

BUG = os.environ.get("PLANTED_BUG")
EVENT_IDS = set(os.environ.get("PLANTED_AT", "").split(","))
KILLED_AT = os.environ.get("KILLED_AT")


def is_planted(name, event_id=None):
    """Whether the environment asks for a bug, at this event where one is named."""
    return name == BUG and (event_id is None or event_id in EVENT_IDS)


def kill_if_asked(event_id, archive):
    """Dies at this event as by `kill -9`, with the lines so far on disk, if the environment asks for it."""
    if event_id == KILLED_AT:
        archive.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def release_on_signal(archive, text):
    """Writes when SIGUSR2 comes, like a queue in memory that is slow."""

    def write(*_):
        archive.write(text)
        archive.flush()

    signal.signal(signal.SIGUSR2, write)
