"""One scenario: a switch, a few telephones, a bad network, and people who do what they like."""

import random
from collections import Counter
from pathlib import Path

from softswitch.configuration.load import Loaded
from softswitch.configuration.load import parse as load
from tests.storms import manners
from tests.storms.acts import WEIGHTS
from tests.storms.ladder import Ladder
from tests.storms.media import NotingEngine
from tests.storms.paths import Paths
from tests.storms.talk import Stage, Talk
from tests.storms.telephone import Telephone
from tests.support.office import SIP_PORT, SWITCH, Office

LOSS, DUPLICATION, JITTER = 0.2, 0.1, 0.5
FLEET = ["101", "102", "102", "103", "104"]
BLOWS = 90.0
"""Seconds in which people do something."""

SETTLES = 100.0
"""Seconds in which what was begun comes to its end, in the same network: 64*T1, and whatever that
leads to."""

CALM = 10.0
"""Seconds without loss, in which the last news arrives."""

ENDS = 330.0
"""Seconds until nothing can be left: session timers of the dead, subscriptions, transactions."""

Line = tuple[Telephone, Talk]


def company(folder: Path, mode: str) -> Loaded:
    """Return the configuration of all scenarios of a mode: the switch is in every call (`switch`),
    in its signalling alone (`direct`), or passes calls on (`proxy`)."""
    listener = "proxy" if mode == "proxy" else "switch"
    media = "direct" if mode == "direct" else "through"
    return load(
        f"""
network: {{listen: [{{on: 'udp {SWITCH}:{SIP_PORT}', mode: {listener}}}], media: {media}}}
state: {folder}
employees:
  101: {{name: One, password: p}}
  102: {{name: Two, password: p}}
  103: {{name: Three, password: p}}
  104: {{name: Four, password: p}}
departments:
  sales: {{number: 600, members: [102, 103, 104], no_answer: {{after: 25s}}}}
  help: {{number: 610, members: [103, 104], ring: in turn, timeout: 5s}}
security: {{silence: 24h, silence_on_hold: 24h, call_duration: 24h, session_timer: 120s}}
""",
        folder,
        {},
    )


class Storm:
    """What happens depends on the seed alone."""

    def __init__(self, loaded: Loaded, folder: Path, seed: int, paths: Paths, mode: str) -> None:
        self.seed = seed
        self.is_proxy = mode == "proxy"
        self.is_direct = mode == "direct"
        self.paths = paths
        self.dice = dice = random.Random(seed)
        self.engine = NotingEngine()
        self.office = Office(loaded, folder, seed=seed, quiet=self.engine)
        self.ladder = Ladder(self.office)
        self.taken: Counter[str] = paths.taken
        paths.clear()
        fleet = FLEET[: dice.randint(3, len(FLEET))]
        self.phones = [
            Telephone(
                self.office,
                number,
                (f"10.0.1.{10 + serial}", 5060),
                random.Random(f"{seed}/{serial}"),
                self.taken,
                manners.draw(dice),
            )
            for serial, number in enumerate(fleet)
        ]
        for phone in self.phones:
            phone.speaks_timer = dice.random() < 0.5
            phone.speaks_100rel = dice.random() < 0.6

    def note(self, kind: str) -> None:
        self.taken[kind] += 1

    # Who there is

    @property
    def alive(self) -> list[Telephone]:
        return [phone for phone in self.phones if not phone.is_dead]

    def up(self, dice: random.Random, *, connected: bool = False) -> Line | None:
        """Return some call that is on."""
        lines = [
            (phone, talk)
            for phone in self.alive
            for talk in phone.talks
            if talk.stage is Stage.CONNECTED or (talk.is_up and not connected)
        ]
        return dice.choice(lines) if lines else None

    def pair(self, dice: random.Random) -> tuple[Line, Line] | None:
        """Return both ends of some call that is on."""
        pairs = [
            (one, other) for one in self.connected() if (other := self.other_end(one)) is not None
        ]
        return dice.choice(pairs) if pairs else None

    def connected(self) -> list[Line]:
        return [
            (phone, talk)
            for phone in self.alive
            for talk in phone.talks
            if talk.stage is Stage.CONNECTED
        ]

    def other_end(self, line: Line) -> Line | None:
        """Return the other end of a call, as far as the two hear each other."""
        talk = line[1]
        if self.is_proxy:
            for other in self.connected():
                if other[1] is not talk and other[1].call_id == talk.call_id:
                    return other
        if self.is_direct:
            for other in self.connected():
                if (other[1].host, other[1].port) == talk.media:
                    return other
        direct = self.engine.at((talk.host, talk.port))
        if direct is None or direct.stream not in self.engine.bridged:
            return None
        beyond = self.engine.directed.get(self.engine.bridged[direct.stream])
        for other in self.connected():
            if beyond is not None and (other[1].host, other[1].port) == (
                beyond.address,
                beyond.port,
            ):
                return other
        return None

    # What happens

    def blow(self) -> None:
        """Let people do what they like, and all of it settle, while the network is bad."""
        office, dice = self.office, self.dice
        for phone in self.phones:
            phone.register(dice.choice([120, 3600]))
        office.until(lambda: all(phone.is_registered for phone in self.phones), within=10.0)
        office.network.impair(loss=LOSS, duplication=DUPLICATION, jitter=JITTER)
        acts, weights = list(WEIGHTS), list(WEIGHTS.values())
        end = office.now + BLOWS
        while office.now < end:
            dice.choices(acts, weights)[0](self, dice)
            office.advance(dice.choice([dice.uniform(0.0, 0.5), dice.uniform(0.5, 8.0)]))
        office.advance(SETTLES)
        office.network.impair(loss=0.0, duplication=0.0, jitter=0.0)
        office.advance(CALM)

    def end(self) -> None:
        """End all that is on, and let time pass until nothing can be left of it."""
        for phone in self.alive:
            phone.is_retired = True
            for talk in phone.talks:
                phone.hang_up(talk)
            for watched in phone.subscriptions:
                phone.resubscribe(watched, 0)
        self.office.advance(ENDS)
