"""Following a stop up: SIGTERM and then SIGKILL to the process group of a worker that does not end by itself.

Only where the pid still belongs to the very process that was started. A job that waits for others, as a study does,
is given the time that those are given, and a little more.
"""

from __future__ import annotations

import signal
import time

from stillroom.base.paths import write_text
from stillroom.jobs.process import signal_group
from stillroom.jobs.record import Job, Standing

TERM_AFTER_S, KILL_AFTER_S, WAITS_MORE_S = 4.0, 7.0, 2.0


def press(job: Job, standing: Standing) -> None:
    """Does what its time has come for; nothing where no stop was asked for, or nobody works on the job."""
    asked_s = job.stopping.get("at_s")
    if asked_s is None or standing.ended or standing.pid is None:
        return
    waited_s = time.time() - asked_s - (0 if job.request.threads else WAITS_MORE_S)
    if waited_s > KILL_AFTER_S:
        signal_group(standing.pid, standing.known_as, signal.SIGKILL)
    elif waited_s > TERM_AFTER_S and not job.part("control/term").exists():
        write_text(job.part("control/term"), "")
        signal_group(standing.pid, standing.known_as, signal.SIGTERM)
