"""Who would ring, and from when to when."""

from softswitch.routing.plan import Member, Outcome, Ring, Strategy
from softswitch.routing.rehearsal import Reaction, Ringing, rehearse

RING = Ring(
    "department sales",
    Strategy.INCREASING,
    (Member("101", 0, 40), Member("102", 10, 40)),
    40,
    {},
)


def test_without_reactions_everybody_rings_until_the_end() -> None:
    rehearsal = rehearse(RING)
    assert rehearsal.ringing == (Ringing("101", 0, 40), Ringing("102", 10, 40))
    assert (rehearsal.outcome, rehearsal.seconds) == (Outcome.NO_ANSWER, 40)


def test_a_phone_reacts_when_it_rings() -> None:
    rehearsal = rehearse(RING, {"101": Reaction(Outcome.BUSY, 3), "102": Reaction(Outcome.BUSY, 4)})
    assert rehearsal.ringing == (Ringing("101", 0, 3), Ringing("102", 3, 7))
    assert (rehearsal.outcome, rehearsal.seconds) == (Outcome.BUSY, 7)


def test_a_reaction_that_comes_too_late_is_none() -> None:
    rehearsal = rehearse(RING, {"101": Reaction(Outcome.BUSY, 50)})
    assert rehearsal.ringing[0] == Ringing("101", 0, 40)
