"""Work in the background, so that the page answers while rows are made."""

import asyncio
import threading
from collections.abc import Callable, Generator
from typing import Any


class Worker:
    """Runs one job at a time in a thread of its own.

    What a job reports is handed to the thread of the kernel, where widgets are changed; without a
    kernel, as in tests, it is handed over at once.
    """

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None  # while its job runs
        self.started: threading.Thread | None = None  # the last one
        self.stopping = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        try:
            self.loop = asyncio.get_running_loop()
        except RuntimeError:
            pass

    @property
    def busy(self) -> bool:
        """Whether a job runs."""
        return self.thread is not None

    def start(
        self,
        job: Callable[[], Generator[Any, None, None]],
        report: Callable[[Any], None],
        done: Callable[[Exception | None], None],
    ) -> None:
        """Starts a job.

        Args:
            job: yields what there is to report; between two of these it can be stopped.
            report: gets what the job yields.
            done: is called at the end, with the error if there was one.

        Raises:
            RuntimeError: another job is running.
        """
        if self.busy:
            raise RuntimeError("Another job is running.")
        self.stopping.clear()

        def finish(error: Exception | None) -> None:
            self.thread = None
            done(error)

        def work() -> None:
            failed = None
            try:
                steps = job()
                for value in steps:
                    self._post(report, value)
                    if self.stopping.is_set():
                        steps.close()
                        break
            except Exception as error:  # whatever a model, a disk or a server does
                failed = error
            self._post(finish, failed)

        self.thread = threading.Thread(target=work, name="dataset-studio", daemon=True)
        self.started = self.thread
        self.thread.start()

    def beat(self, call: Callable[[int], bool], number: int = 0) -> None:
        """Calls every five seconds from the thread of the kernel, while the call returns True."""
        if call(number) and self.loop is not None:
            self.loop.call_later(5, self.beat, call, number + 1)

    def stop(self) -> None:
        """Asks the job to stop at its next report."""
        self.stopping.set()

    def wait(self, seconds: float = 120) -> None:
        """Waits for the job to end and be told of; for tests, where there is no kernel."""
        if self.started:
            self.started.join(seconds)

    def _post(self, call: Callable[[Any], None], value: Any) -> None:
        if self.loop is None:
            call(value)
        else:
            self.loop.call_soon_threadsafe(call, value)


def warm_up() -> None:
    """Imports distilabel in the background: three seconds that nobody has to wait for."""

    def load() -> None:
        import smolsynth.generation.techniques  # noqa: F401

    threading.Thread(target=load, name="dataset-studio-imports", daemon=True).start()
