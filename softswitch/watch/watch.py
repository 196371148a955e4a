"""Answers those who want to see the lines of others, and tells them what changes."""

from collections.abc import Callable, Iterable
from typing import Protocol

from msgspec import Struct

from softswitch.calls.facts import Logged
from softswitch.sip.message import Document, Replaces
from softswitch.sip.subscriptions import Package
from softswitch.sip.watching import (
    AcceptSubscription,
    Notify,
    RefuseSubscription,
    SubscriptionCommand,
    SubscriptionEnded,
    SubscriptionEvent,
    SubscriptionRequested,
)
from softswitch.watch.dialog_info import MEDIA_TYPE, dialog_info
from softswitch.watch.lines import EARLY, LineDialog, Lines

PACKAGES = (Package("dialog", (MEDIA_TYPE,)),)
"""What can be subscribed to here."""


class Named(Protocol):
    def __call__(self, leg: str, by: str, of: str) -> Replaces | None:
        """Return what names the dialog of a leg that rings at `of`, if `by` may pick it up."""


class _Watching(Struct, frozen=True, gc=False):
    subscription: str
    extension: str
    """That is watched."""

    entity: str
    by: str
    """The extension that watches."""


class Watch:
    """All who watch, and whom.

    knows  whether an extension exists
    logs   everything that the calls which are on have logged, in order
    named  the name of a dialog, where the extension that asks may pick it up
    """

    __slots__ = ("_by_extension", "_knows", "_lines", "_logs", "_named", "_watching")

    def __init__(
        self,
        knows: Callable[[str], bool],
        logs: Callable[[], Iterable[Logged]],
        named: Named,
    ) -> None:
        self._knows = knows
        self._logs = logs
        self._named = named
        self._lines = Lines()
        self._watching: dict[str, _Watching] = {}
        self._by_extension: dict[str, dict[str, None]] = {}  # subscriptions, in order

    @property
    def is_on(self) -> bool:
        """Whether anybody watches; if not, nothing need be noted."""
        return bool(self._watching)

    def hear(self, event: SubscriptionEvent) -> list[SubscriptionCommand]:
        """Take what a subscription says."""
        match event:
            case SubscriptionRequested():
                return self._begin(event)
            case SubscriptionEnded(subscription=name):
                self._forget(name)
                return []

    def note(self, logged: Logged) -> list[SubscriptionCommand]:
        """Take an entry of a call's log, and tell those who watch whom it is about."""
        return [
            Notify(name, self._document(self._watching[name], changed))
            for changed in self._lines.note(logged)
            for name in self._by_extension.get(changed.extension, ())
        ]

    def counts(self) -> dict[str, int]:
        return {"watching": len(self._watching), "watched_lines": len(self._lines)}

    def _begin(self, asked: SubscriptionRequested) -> list[SubscriptionCommand]:
        extension = asked.resource
        if not self._knows(extension):
            return [RefuseSubscription(asked.subscription, 404)]
        if not self._watching:
            for logged in self._logs():
                self._lines.note(logged)
        watching = _Watching(asked.subscription, extension, asked.entity, asked.extension)
        self._watching[watching.subscription] = watching
        self._by_extension.setdefault(extension, {})[watching.subscription] = None
        return [AcceptSubscription(watching.subscription, self._document(watching))]

    def _forget(self, name: str) -> None:
        watching = self._watching.pop(name, None)
        if watching is None:
            return
        names = self._by_extension[watching.extension]
        del names[name]
        if not names:
            del self._by_extension[watching.extension]
        if not self._watching:
            self._lines.clear()

    def _document(self, watching: _Watching, changed: LineDialog | None = None) -> Document:
        """Return the whole state, with the dialog that has just ended."""
        dialogs = self._lines.of(watching.extension)
        if changed is not None and changed not in dialogs:
            dialogs.append(changed)
        names = {
            dialog.id: self._named(dialog.id, watching.by, watching.extension)
            for dialog in dialogs
            if dialog.state == EARLY
        }
        return dialog_info(watching.entity, dialogs, names)
