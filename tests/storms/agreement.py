"""What the switch and its telephones must agree about, and what may not be left."""

from collections.abc import Iterator

from softswitch.sip.dialog import DialogId
from softswitch.sip.leg import Leg, State
from tests.storms.storm import Storm
from tests.storms.talk import Stage, Talk
from tests.storms.telephone import Subscription, Telephone, lamps

ALLOWED_SLUGS = frozenset(
    {
        "ack-before-final",
        "ack-of-another-invite",
        "ack-repeated",
        "ack-without-leg",
        "answer-of-another-invite",
        "cancel-after-final",
        "command-for-ended-leg",
        "failure-unacknowledged",
        "failure-unawaited",
        "invite-repeated",
        "provisional-after-final",
        "reliable-response-out-of-order",
        "request-repeated",
        "request-unanswered",
        "response-out-of-state",
        "response-repeated",
        "response-unawaited",
        "response-without-request",
        "response-unmatched",
    }
)
"""What a network that loses, repeats and reorders leads to, and telephones that die; a command is
for an ended leg when both legs of a call end at one moment, and a 2xx of a proxied call is without
request when it is repeated 64*T1 after the first."""


def disagreements(storm: Storm) -> Iterator[str]:
    """Yield wherein anybody sees a call otherwise than who is at its other end."""
    yield from _settled(storm)
    yield from _with_legs(storm)
    if storm.is_proxy:
        yield from _between_phones(storm)
    yield from _holds(storm)
    yield from _subscriptions(storm)


def leftovers(storm: Storm) -> Iterator[str]:
    """Yield what is kept of calls that are over."""
    office = storm.office
    yield from _kept("endpoint", office.switch.endpoint.counts())
    yield from _kept("exchange", office.switch.exchange.counts())
    yield from _kept("media", {"streams": sum(each["streams"] for each in office.link.counts())})
    for phone in storm.alive:
        yield from _kept_by(phone)
    records = office.records
    if len(records) != storm.paths.offered:
        yield f"{storm.paths.offered} calls have {len(records)} records"
    if len({record.call for record in records}) != len(records):
        yield "a call has two records"
    strange = set(office.switch.discards) - ALLOWED_SLUGS
    if strange:
        yield f"the switch has discarded {sorted(strange)}"
    for phone in storm.phones:
        yield from phone.complaints


def _kept(owner: str, counts: dict[str, int]) -> Iterator[str]:
    kept = {kind: count for kind, count in counts.items() if count}
    if kept:
        yield f"the {owner} keeps {kept}"


def _kept_by(phone: Telephone) -> Iterator[str]:
    if phone.layer.live:
        still = " ".join(f"{method} of {call}" for method, call in phone.unanswered())
        yield f"{_who(phone)} keeps {phone.layer.live} transactions: {still} "
    for talk in phone.talks:
        if talk.stage is not Stage.ENDED:
            yield f"{_what(phone, talk)} is not over: {talk.stage.name}"
    for watched in phone.subscriptions:
        if not watched.is_over:
            yield f"{_who(phone)} still has a subscription to {watched.event}: {watched.state}"


def _settled(storm: Storm) -> Iterator[str]:
    for phone in storm.alive:
        for talk in phone.talks:
            is_long = talk.stage in (Stage.CALLING, Stage.RINGING)
            if talk.stage not in (Stage.CONNECTED, Stage.ENDED) and not is_long:
                yield f"{_what(phone, talk)} has not settled: {talk.stage.name}"


def _with_legs(storm: Storm) -> Iterator[str]:
    """Compare each dialog of a telephone with the leg at its other end."""
    legs = {(leg.call_id, leg.local_tag): leg for leg in storm.paths.legs}
    found: set[str] = set()
    for phone, talk in storm.connected():
        assert talk.peer is not None
        leg = legs.get((talk.call_id, talk.peer.tag))
        if leg is None:
            if not storm.is_proxy:
                yield f"{_what(phone, talk)} is with nobody"
            continue
        found.add(leg.local_tag)
        yield from (f"{_what(phone, talk)}: {what}" for what in _differs(talk, leg))
    dead = {phone.address for phone in storm.phones if phone.is_dead}
    for leg in storm.paths.legs:
        if leg.state in (State.TERMINATED, State.PROCEEDING) or leg.local_tag in found:
            continue
        if leg.flow is not None and leg.flow.remote in dead:
            continue
        yield f"leg {leg.name} with {leg.flow and leg.flow.remote} is with nobody: {leg.state.name}"


def _differs(talk: Talk, leg: Leg) -> Iterator[str]:
    assert talk.peer is not None
    dialog = leg.dialog
    if leg.state is not State.CONFIRMED or dialog is None:
        yield f"the leg is {leg.state.name}"
        return
    if leg.has_ended:
        yield "the leg has ended"
    if dialog.id.remote_tag != talk.local_tag:
        yield f"tag {talk.local_tag} is {dialog.id.remote_tag} to the leg"
    known = dialog.remote_cseq or 0
    if not talk.answered_cseq <= known <= talk.cseq and talk.answered_cseq:
        yield f"CSeq {talk.answered_cseq} to {talk.cseq} is {known} to the leg"
    if (talk.peer.cseq or 0) > dialog.local_cseq:
        yield f"CSeq {talk.peer.cseq} of the leg is {dialog.local_cseq} to itself"


def _between_phones(storm: Storm) -> Iterator[str]:
    """Compare both ends of each dialog that goes through the proxy: it is the phones' own."""
    legs = {(leg.call_id, leg.local_tag) for leg in storm.paths.legs}
    ends = {
        (talk.call_id, talk.local_tag): (phone, talk)
        for phone in storm.phones
        for talk in phone.talks
    }
    for phone, talk in storm.connected():
        assert talk.peer is not None
        if (talk.call_id, talk.peer.tag) in legs:
            continue
        beyond = ends.get((talk.call_id, talk.peer.tag))
        if beyond is None:
            yield f"{_what(phone, talk)} is with no telephone"
        elif not beyond[0].is_dead:
            yield from (
                f"{_what(phone, talk)} and {_what(*beyond)}: {what}"
                for what in _parted(talk, beyond[1])
            )


def _parted(talk: Talk, beyond: Talk) -> Iterator[str]:
    if beyond.stage is not Stage.CONNECTED or beyond.peer is None:
        yield f"the other is {beyond.stage.name}"
        return
    if beyond.peer.tag != talk.local_tag:
        yield f"tag {talk.local_tag} is {beyond.peer.tag} to the other"
    if (beyond.peer.cseq or 0) > talk.cseq:
        yield f"CSeq {talk.cseq} is {beyond.peer.cseq} to the other"


def _holds(storm: Storm) -> Iterator[str]:
    """Compare who sends and receives."""
    ends = {(talk.host, talk.port) for phone in storm.phones for talk in phone.talks}
    for phone, talk in storm.connected():
        sends, receives = talk.way
        direct = storm.engine.at((talk.host, talk.port))
        if direct is not None and (direct.receives, direct.sends) != talk.way:
            yield (
                f"{_what(phone, talk)} sends {sends}, receives {receives};"
                f" the switch receives {direct.receives}, sends {direct.sends}"
            )
        beyond = storm.other_end((phone, talk))
        if direct is None and not storm.is_proxy and talk.media not in ends:
            yield f"{_what(phone, talk)} has no stream that sends to it"
        if beyond is not None and talk.media == (beyond[1].host, beyond[1].port):
            there = beyond[1].media
            if storm.is_direct and there != (talk.host, talk.port):
                yield f"{_what(phone, talk)} sends to {_what(*beyond)}, which sends to {there}"
        if beyond is not None and beyond[1].way != (receives, sends):
            yield f"{_what(phone, talk)} {talk.way} and {_what(*beyond)} {beyond[1].way} differ"


def _subscriptions(storm: Storm) -> Iterator[str]:
    """Compare who watches whom, and what they are shown."""
    on = {key: notifier for key, notifier in storm.paths.notifiers.items()
          if not notifier.is_terminated}  # fmt: skip
    for phone in storm.alive:
        for watched in phone.subscriptions:
            if watched.event != "dialog" or watched.peer is None:
                continue
            notifier = on.pop(DialogId(watched.call_id, watched.peer.tag, watched.local_tag), None)
            if (notifier is None) is not watched.is_over:
                yield f"{_who(phone)} thinks that its subscription is {watched.state}"
            elif notifier is not None:
                yield from _lamps(storm, phone, watched)
    dead = {phone.address for phone in storm.phones if phone.is_dead}
    for notifier in on.values():
        if notifier.dialog.flow.remote not in dead:
            yield f"nobody at {notifier.dialog.flow.remote} knows of a subscription"


def _lamps(storm: Storm, phone: Telephone, watched: Subscription) -> Iterator[str]:
    """Compare the lamp of a line with the calls that it has."""
    addresses = {each.address for each in storm.phones if each.number == watched.number}
    up = sum(
        leg.state is State.CONFIRMED and leg.flow is not None and leg.flow.remote in addresses
        for leg in storm.paths.legs
    )
    shown = sum(state == "confirmed" for _, state in lamps(watched.body))
    if shown != up:
        yield f"{_who(phone)} is shown {shown} calls of {watched.number}, which has {up}"


def _who(phone: Telephone) -> str:
    return f"{phone.number}@{phone.address[0].rpartition('.')[2]}"


def _what(phone: Telephone, talk: Talk) -> str:
    return f"{_who(phone)} with {talk.number} ({talk.call_id}, {talk.local_tag})"
