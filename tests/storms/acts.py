"""What people do in a storm: one of these at a time, at random."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.storms import manners
from tests.storms.talk import Stage, Talk
from tests.storms.telephone import Telephone
from tests.support.office import SWITCH

if TYPE_CHECKING:
    from tests.storms.storm import Storm

Act = Callable[["Storm", random.Random], None]
"""Says nothing when there is nothing to do it with."""

NUMBERS = ["101", "102", "103", "104", "102", "600", "600", "610", "999"]


def calls(storm: Storm, dice: random.Random) -> None:
    phone = dice.choice(storm.alive)
    number = dice.choice([each for each in NUMBERS if each != phone.number])
    seconds = dice.choice([0, 0, 60, 90, 120]) if phone.speaks_timer else 0
    late = not storm.is_proxy and dice.random() < 0.15
    talk = phone.call(number, late=late, seconds=seconds)
    storm.note("call without an offer" if late else "call with an offer")
    chance = dice.random()
    if chance < 0.15:
        phone.later(dice.uniform(0.0, 6.0), lambda: gives_up(phone, talk))
    elif chance < 0.35:
        phone.later(dice.uniform(1.0, 15.0), lambda: phone.hang_up(talk))


def gives_up(phone: Telephone, talk: Talk) -> None:
    if talk.stage is Stage.CALLING:
        phone.hang_up(talk)


def races(storm: Storm, dice: random.Random) -> None:
    """Give up a call at about the moment when it is answered."""
    if len(storm.alive) < 2:
        return
    phone, other = dice.sample(storm.alive, 2)
    if phone.number == other.number:
        return
    moment = dice.uniform(0.5, 4.0)
    other.manner = manners.answers(moment)
    talk = phone.call(other.number)
    phone.later(moment + dice.uniform(0.0, 1.0), lambda: gives_up(phone, talk))
    storm.note("answer races CANCEL")


def hangs_up(storm: Storm, dice: random.Random) -> None:
    found = storm.up(dice)
    if found is not None:
        phone, talk = found
        phone.hang_up(talk)


def both_hang_up(storm: Storm, dice: random.Random) -> None:
    found = storm.pair(dice)
    if found is None:
        return
    for phone, talk in found:
        phone.later(dice.uniform(0.0, 0.3), lambda p=phone, t=talk: p.hang_up(t))  # type: ignore[misc]
    storm.note("both hang up")


def holds(storm: Storm, dice: random.Random) -> None:
    found = storm.up(dice)
    if found is None:
        return
    phone, talk = found
    wish = dice.choice(["sendonly", "inactive", "sendonly"])
    if talk.wish != "sendrecv":
        wish = "sendrecv"
    method = dice.choice(["INVITE", "INVITE", "UPDATE"])
    late = method == "INVITE" and dice.random() < 0.15
    if phone.change(talk, wish, method, late=late):
        kind = "resume" if wish == "sendrecv" else "hold"
        storm.note(f"{kind} by {method}{' without an offer' if late else ''}")


def both_hold(storm: Storm, dice: random.Random) -> None:
    """Both sides change the session at about the same time."""
    found = storm.pair(dice)
    if found is None:
        return
    for phone, talk in found:
        wish = dice.choice(["sendonly", "sendrecv"])
        phone.later(
            dice.uniform(0.0, 0.3),
            lambda p=phone, t=talk, w=wish: t.is_up and p.change(t, w),  # type: ignore[misc]
        )
    storm.note("both hold")


def changes_early(storm: Storm, dice: random.Random) -> None:
    for phone in storm.alive:
        for talk in phone.talks:
            if talk.stage is Stage.CALLING and talk.has_session and talk.early:
                phone.change(talk, dice.choice(["sendonly", "sendrecv"]), "UPDATE")
                return


def presses(storm: Storm, dice: random.Random) -> None:
    found = storm.up(dice, connected=True)
    if found is not None:
        phone, talk = found
        dice.choice([phone.press, phone.probe])(talk)


def refers(storm: Storm, dice: random.Random) -> None:
    found = storm.up(dice, connected=True)
    if found is None:
        return
    phone, talk = found
    others = [
        other
        for other in phone.talks
        if other is not talk and other.stage is Stage.CONNECTED and other.peer is not None
    ]
    if others and dice.random() < 0.7:
        other = dice.choice(others)
        assert other.peer is not None
        replaces = f"{other.call_id}%3Bto-tag%3D{other.peer.tag}%3Bfrom-tag%3D{other.local_tag}"
        phone.refer(talk, f"sip:{other.number}@{SWITCH}?Replaces={replaces}")
        storm.note("attended transfer")
        return
    phone.refer(talk, f"sip:{dice.choice(['101', '102', '103', '104', '600'])}@{SWITCH}")
    storm.note("blind transfer")


def watches(storm: Storm, dice: random.Random) -> None:
    phone = dice.choice(storm.alive)
    number = dice.choice(["101", "102", "103", "104"])
    if number == phone.number:
        return
    event = "call-completion" if dice.random() < 0.3 else "dialog"
    watched = phone.subscribe(number, event, dice.choice([60, 60, 300]))
    storm.note(f"subscribes to {event}")
    if dice.random() < 0.4:
        phone.later(dice.uniform(3.0, 30.0), lambda: phone.resubscribe(watched, 0))


def texts(storm: Storm, dice: random.Random) -> None:
    phone = dice.choice(storm.alive)
    phone.text(dice.choice(["101", "102", "103", "104"]))


def dies(storm: Storm, dice: random.Random) -> None:
    if len(storm.alive) > 3:
        dice.choice(storm.alive).die()
        storm.note("a telephone dies")


def registers(storm: Storm, dice: random.Random) -> None:
    phone = dice.choice(storm.alive)
    if phone.is_registered:
        phone.register(dice.choice([0, 120, 3600]))
    else:
        phone.register(3600)
    storm.note("registers again")


def changes_manners(storm: Storm, dice: random.Random) -> None:
    dice.choice(storm.alive).manner = manners.draw(dice)


WEIGHTS: dict[Act, float] = {
    calls: 8,
    races: 1.5,
    hangs_up: 1.5,
    both_hang_up: 0.7,
    holds: 4,
    both_hold: 1.5,
    changes_early: 1.5,
    presses: 1.5,
    refers: 1.5,
    watches: 1.5,
    texts: 0.8,
    dies: 0.25,
    registers: 0.6,
    changes_manners: 2,
}
