"""A small company for the tests of this folder."""

from datetime import UTC, datetime
from pathlib import Path

from softswitch.configuration import parse
from softswitch.routing.model import Configuration, Dialled

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NIGHT = datetime(2026, 1, 5, 22, tzinfo=UTC)

PEOPLE = """
employees:
  101: {password: secret-101, busy: employee 102, no_answer: {after: 12s, to: voicemail office}}
  102: {password: secret-102}
  103: {password: secret-103, not_registered: employee 101, refused: echo}
  104: {password: secret-104, hours: office, closed: voicemail office}
voicemail: {office: {}, 102: {}}
schedules: {office: {zone: UTC, open: mon-fri 09:00-18:00}}
"""


def company(more: str = "") -> Configuration:
    """Return four people, and what `more` adds."""
    return parse(PEOPLE + more, Path("/etc/softswitch"), {}, "office.yaml").configuration


def call(number: str, caller: str = "+15550100", at: datetime = NOON) -> Dialled:
    return Dialled(number, caller, at)
