"""What somebody does when the telephone rings."""

import random

from tests.storms.callee import Callee, Manner
from tests.storms.talk import Stage, Talk


def ignores(phone: Callee, talk: Talk) -> None:
    phone.ring(talk)


def answers(after: float, *, previews: bool = False, stays: float = 0.0) -> Manner:
    """Ring, perhaps let the caller hear something, and answer; `stays` is 0 for long."""

    def manner(phone: Callee, talk: Talk) -> None:
        if after > 0.0:
            phone.ring(talk)
        if previews:
            phone.later(after / 2, lambda: phone.preview(talk))
        phone.later(after, lambda: phone.answer(talk))
        if stays:
            phone.later(after + stays, lambda: phone.hang_up(talk) if talk.is_up else None)

    return manner


def refuses(status: int, after: float) -> Manner:
    def manner(phone: Callee, talk: Talk) -> None:
        phone.ring(talk)
        phone.later(after, lambda: phone.refuse(talk, status))

    return manner


def hangs_up_while_unacknowledged(phone: Callee, talk: Talk) -> None:
    """Answer, and regret it at once."""
    phone.answer(talk)
    if talk.stage is Stage.ANSWERED:
        phone.hang_up(talk)


def draw(dice: random.Random) -> Manner:
    return dice.choices(
        [
            ignores,
            answers(0.0),
            answers(dice.uniform(0.1, 4.0)),
            answers(dice.uniform(1.0, 4.0), previews=True),
            answers(dice.uniform(0.1, 2.0), stays=dice.uniform(0.0, 20.0)),
            refuses(dice.choice([486, 480, 603]), dice.uniform(0.0, 3.0)),
            hangs_up_while_unacknowledged,
        ],
        [1, 2, 6, 3, 2, 2, 0.5],
    )[0]
