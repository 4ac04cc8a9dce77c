"""Workers under Slurm from Python, with submitit: the same as workers.sbatch.

python deploy/slurm/submit_workers.py sepia-fix --workers 4 --partition gpu
"""

import argparse
import os
import subprocess
from contextlib import suppress

import submitit


class Worker(submitit.helpers.Checkpointable):
    """Serves a study until it is finished; queued again when its time is up."""

    def __init__(self, study: str) -> None:
        self.study = study
        self.process: subprocess.Popen[bytes] | None = None

    def __call__(self) -> int:
        """Returns once the study is finished.

        Raises:
            subprocess.CalledProcessError: the worker ended for another reason.
        """
        command = ["tuner", "worker", "--study", self.study, "--until-done"]
        # In a session of its own the worker gets one signal: ours.
        self.process = subprocess.Popen(command, start_new_session=True)
        code = self.process.wait()
        if code:
            raise subprocess.CalledProcessError(code, command)
        return code

    def checkpoint(self) -> submitit.helpers.DelayedSubmission:
        """Has the worker hand back its trials, and asks for another turn."""
        if self.process is not None:
            self.process.terminate()
            # submitit calls this inside __call__'s wait(), which another wait() would wait for.
            with suppress(ChildProcessError):
                os.waitpid(self.process.pid, 0)
        return submitit.helpers.DelayedSubmission(Worker(self.study))


def main() -> None:
    """Queues the workers and prints their jobs."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("study")
    options.add_argument("--workers", type=int, default=4)
    options.add_argument("--hours", type=float, default=4)
    options.add_argument("--partition")
    asked = options.parse_args()
    executor = submitit.AutoExecutor(folder="tuner-jobs/%j", slurm_max_num_timeout=100)
    executor.update_parameters(
        name="tuner",
        timeout_min=round(60 * asked.hours),
        cpus_per_task=8,
        gpus_per_node=1,
        slurm_partition=asked.partition,
        slurm_signal_delay_s=120,
    )
    with executor.batch():
        jobs = [executor.submit(Worker(asked.study)) for _ in range(asked.workers)]
    print("queued:", *(job.job_id for job in jobs))


if __name__ == "__main__":
    main()
