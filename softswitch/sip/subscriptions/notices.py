"""The notifiers of all subscriptions, and which response belongs to which."""

from collections.abc import Iterable

from softswitch.sip.dialog import Ask, Notifier, Over
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Response
from softswitch.sip.message.grammar import is_number
from softswitch.sip.stack import Stack
from softswitch.sip.transaction import Sent
from softswitch.timerqueue import TimerQueue

NOTICE = "notice"
"""The kind of what is due here."""


class Kept:
    """A notifier, and whose it is.

    name          of the subscription
    extension     who has subscribed; empty for a referral, which nobody has asked to see
    """

    __slots__ = ("branch", "extension", "filed_under", "name", "notifier")

    def __init__(self, name: str, notifier: Notifier, extension: str = "") -> None:
        self.name = name
        self.notifier = notifier
        self.extension = extension
        self.filed_under: Flow | None = None  # where Notices has filed it
        self.branch = ""  # of the NOTIFY that is under way


Timers = TimerQueue[tuple[str, str]]
"""Deadlines of everything here, by kind and name: one queue, which is asked after every message."""


class Notices:
    """Sends what notifiers ask for, and lets them know what came of it."""

    __slots__ = ("_by_flow", "_by_name", "_by_tag", "_stack", "_timers", "awaited")

    def __init__(self, stack: Stack, timers: Timers) -> None:
        self._stack = stack
        self._timers = timers
        self._by_name: dict[str, Kept] = {}
        self._by_tag: dict[str, dict[str, Kept]] = {}  # our tag -> those of its dialog, by name
        self._by_flow: dict[Flow, dict[str, None]] = {}  # connection -> names
        self.awaited: dict[str, str] = {}
        """Branch of a NOTIFY -> name."""

    def enter(self, kept: Kept) -> None:
        self._by_name[kept.name] = kept
        tag = kept.notifier.dialog.id.local_tag
        self._by_tag.setdefault(tag, {})[kept.name] = kept

    def __len__(self) -> int:
        """How many subscriptions there are."""
        return len(self._by_name)

    def find(self, name: str) -> Kept | None:
        return self._by_name.get(name)

    def within(self, tag: str) -> Iterable[Kept]:
        """Return those of the dialog that has this tag of ours."""
        return self._by_tag.get(tag, {}).values()

    def of_flow(self, flow: Flow) -> list[Kept]:
        """Return those whose peer is reached by this connection."""
        kept = [self._by_name[name] for name in self._by_flow.get(flow, ())]
        return [one for one in kept if one.notifier.dialog.flow == flow]

    def answered(
        self, branch: str, response: Response, now: float
    ) -> tuple[Kept, list[Sent], Over | None] | None:
        """Take a response to a NOTIFY; return what `carry_out` makes of it."""
        kept = self._by_name.get(self.awaited.get(branch, ""))
        if kept is None:
            return None
        if response.status >= 200:
            del self.awaited[branch]
        retry = response.first(Header.RETRY_AFTER) or ""
        seconds = retry.partition(";")[0].partition("(")[0].strip()
        pause = int(seconds) if is_number(seconds) else None
        return kept, *self.carry_out(kept, kept.notifier.answered(response.status, pause, now), now)

    def failed(self, branch: str, now: float) -> tuple[Kept, list[Sent], Over | None] | None:
        """Take the failure of a NOTIFY that nobody has answered."""
        kept = self._by_name.get(self.awaited.pop(branch, ""))
        if kept is None:
            return None
        return kept, *self.carry_out(kept, kept.notifier.failed(), now)

    def carry_out(
        self, kept: Kept, asked: Iterable[Ask | Over], now: float
    ) -> tuple[list[Sent], Over | None]:
        """Send what a notifier asks for, and forget it if it is over."""
        sent: list[Sent] = []
        over: Over | None = None
        for one in asked:
            if isinstance(one, Over):
                over = one
                continue
            branch, outputs = self._stack.layer.request(one.request, kept.notifier.dialog.flow, now)
            kept.branch = branch
            self.awaited[branch] = kept.name
            sent += outputs
        if over is None:
            self._timers.file((NOTICE, kept.name), kept.notifier.deadline)
            self._file_flow(kept, kept.notifier.dialog.flow)
        else:
            self.drop(kept)
        return sent, over

    def drop(self, kept: Kept) -> None:
        """Forget a subscription. What comes back for it later is nobody's."""
        self._by_name.pop(kept.name, None)
        tag = kept.notifier.dialog.id.local_tag
        siblings = self._by_tag.get(tag, {})
        siblings.pop(kept.name, None)
        if not siblings:
            self._by_tag.pop(tag, None)
        self._timers.file((NOTICE, kept.name), None)
        self._file_flow(kept, None)
        self.awaited.pop(kept.branch, None)

    def counts(self) -> dict[str, int]:
        return {
            "subscriptions": len(self._by_name),
            "subscription_dialogs": len(self._by_tag),
            "subscription_flows": len(self._by_flow),
            "notifications": len(self.awaited),
        }

    def _file_flow(self, kept: Kept, flow: Flow | None) -> None:
        if flow is not None and not flow.reliable:
            flow = None  # UDP has no connection that could be lost
        if flow == kept.filed_under:
            return
        if kept.filed_under is not None:
            names = self._by_flow[kept.filed_under]
            del names[kept.name]
            if not names:
                del self._by_flow[kept.filed_under]
        if flow is not None:
            self._by_flow.setdefault(flow, {})[kept.name] = None
        kept.filed_under = flow
