"""What we are called outside, as STUN servers tell it: asked at the start, and again and again."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping

from softswitch.daemon.addresses import Question
from softswitch.daemon.logs import Log
from softswitch.transport.stun_query import StunFailed, ask

AGAIN = 180.0
"""Seconds between two times of asking: routers get other addresses at night."""

PATIENCE = 3.0
"""Seconds that a start waits for the first answers."""

Changed = Callable[[Mapping[Question, str]], None]


class Outside:
    """Keeps asking, and tells when an answer is another than before.

    changed  is told all answers when one of them is new
    """

    def __init__(
        self,
        questions: Iterable[Question],
        changed: Changed,
        log: Log,
        *,
        again: float = AGAIN,
    ) -> None:
        self._questions = tuple(questions)
        self._changed = changed
        self._log = log
        self._again = again
        self._answers: dict[Question, str] = {}
        self._reasons: dict[Question, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, patience: float = PATIENCE) -> None:
        """Ask, and wait a while for the answers; what is late follows later."""
        firsts = [asyncio.Event() for _ in self._questions]
        for question, first in zip(self._questions, firsts, strict=True):
            self._tasks.append(asyncio.create_task(self._follow(question, first)))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                for first in firsts:
                    await first.wait()
        for question in self._questions:
            if question not in self._answers and question not in self._reasons:
                self._fail(question, f"no answer within {patience:g} s")

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, question: Question, first: asyncio.Event) -> None:
        while True:
            try:
                host = await ask(question.server, question.source)
            except StunFailed as error:
                self._fail(question, str(error))
            else:
                self._learn(question, host)
            first.set()
            await asyncio.sleep(self._again)

    def _learn(self, question: Question, host: str) -> None:
        self._reasons.pop(question, None)
        before = self._answers.get(question, "")
        if host != before:
            self._answers[question] = host
            about = {"stun": question.server.host, "address": host, "before": before}
            self._log.info("outside-address", **about)
            self._changed(dict(self._answers))

    def _fail(self, question: Question, reason: str) -> None:
        """Say what cannot be learnt; what was told before still holds."""
        if self._reasons.get(question) != reason:
            self._log.warning("outside-address-unknown", stun=question.server.host, error=reason)
        self._reasons[question] = reason
