"""Whatever happens, in whatever order: a call never raises, and closes exactly once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from media import sdp
from media.control import Digit, Played, Silence, WorkerLost
from softswitch.calls import CallSettings
from softswitch.calls.facts import Logged
from softswitch.calls.instructions import (
    ApplicationWanted,
    EchoBack,
    FollowExtension,
    FollowKey,
    FollowOutcome,
    HangUpCall,
    Note,
    PlayTo,
    RecordFrom,
    SaveMessage,
    StopPlaying,
)
from softswitch.calls.record import Cause, Closed, rebuild
from softswitch.routing.plan import Outcome
from softswitch.sip.vocabulary import (
    Answered,
    ChangeAnswered,
    Changed,
    ChangeRefused,
    Confirmed,
    Ended,
    LegEvent,
    Progressed,
    Refused,
)
from tests.unit.softswitch.calls.office import CALLER, Office, described

BODIES = st.sampled_from(
    [
        b"",
        b"nonsense",
        described(4000),
        described(4002, codecs=("PCMU",)),
        described(4000).replace(b"a=sendrecv", b"a=sendonly"),
        described(4000).replace(b"m=audio 4000", b"m=audio 0"),
    ]
)
CONTACTS = st.sampled_from(
    [(), ("sip:104@x",), ("sip:102@x",), ("sip:801@x",), ("sip:600@x",), ("nonsense",)]
)
LEGS = st.sampled_from([CALLER, "caller2", "c1-1", "c1-2", "c1-3", "c2-1", "c2-2"])
EVENTS = st.one_of(
    st.builds(Progressed, LEGS, st.sampled_from([180, 183, 199]), BODIES),
    st.builds(Answered, LEGS, BODIES),
    st.builds(
        Refused,
        LEGS,
        st.sampled_from([302, 404, 408, 480, 486, 487, 503, 603]),
        st.just(""),
        CONTACTS,
    ),
    st.builds(Confirmed, LEGS, BODIES),
    st.builds(Changed, LEGS, BODIES),
    st.builds(ChangeAnswered, LEGS, BODIES),
    st.builds(ChangeRefused, LEGS, st.sampled_from([488, 491])),
    st.builds(
        Ended, LEGS, st.sampled_from(["bye", "cancel", "ended", "no-ack", "timeout", "lost"])
    ),
)
MEDIA = st.one_of(
    st.builds(Digit, st.integers(1, 4), st.sampled_from("12#"), st.just(100)),
    st.builds(Silence, st.integers(1, 4), st.sampled_from([3.0, 300.0, 1800.0]), st.booleans()),
    st.builds(Played, st.integers(1, 4), st.integers(0, 3), st.just("end")),
    st.just(WorkerLost("killed")),
)
INSTRUCTIONS = st.sampled_from(
    [
        PlayTo(("tone:beep",), 1),
        StopPlaying(),
        RecordFrom("m.wav", 2, 300.0, 10.0),
        EchoBack(),
        Note("n", "d"),
        FollowKey("1"),
        FollowKey("7"),
        FollowExtension("103"),
        FollowOutcome(Outcome.INVALID),
        FollowOutcome(Outcome.FAILED),
        HangUpCall("finished"),
        SaveMessage("sales", "m.wav", "101", "", 1.0),
    ]
)
CALLS = st.tuples(
    st.sampled_from(["102", "600", "601", "602", "800", "801", "*43", "999", "101"]), BODIES
)
ACTIONS = st.lists(
    st.one_of(
        CALLS,
        EVENTS,
        MEDIA,
        INSTRUCTIONS,
        st.floats(0.0, 30.0),
        st.just("answer"),
        st.just("confirm"),
        st.just("settle"),
    ),
    max_size=25,
)


def is_acceptable(body: bytes) -> bool:
    try:
        return bool(sdp.common(sdp.parse(body)))
    except sdp.SdpError:
        return False


def perform(office: Office, action: object) -> None:
    match action:
        case (str(dialled), bytes(body)):
            if len(office.asked(Closed)) + office.exchange.calls < 2:
                office.call(dialled, sdp=body)
        case float(seconds):
            office.wait(seconds)
        case "answer":
            if office.placed:
                leg = next(iter(office.placed))
                if is_acceptable(office.placed[leg].sdp):
                    office.answer(leg)
        case "confirm":
            office.confirm()
        case "settle":
            office.settle()
        case Digit() | Silence() | Played() | WorkerLost():
            office.hear(action)
        case _:
            if isinstance(action, LegEvent):
                office.say(action)
            else:
                office.instruct(action)  # type: ignore[arg-type]


@given(first=CALLS, actions=ACTIONS, direct=st.booleans(), ports=st.sampled_from([0, 2, 100]))
@settings(max_examples=300, deadline=None)
def test_every_call_closes_once_and_leaves_nothing(
    first: tuple[str, bytes], actions: list[object], direct: bool, ports: int
) -> None:
    office = Office(CallSettings(direct=direct), ports)
    for action in (first, *actions):
        perform(office, action)
    for leg in (CALLER, "caller2"):
        office.say(Ended(leg, "bye"))
    office.settle()
    office.wait(5 * 3600.0)

    assert office.is_empty
    calls = {entry.call for entry in office.asked(Logged)}
    closed = office.asked(Closed)
    assert sorted(c.record.call for c in closed) == sorted(calls)
    for record in (c.record for c in closed):
        log = [entry for entry in office.asked(Logged) if entry.call == record.call]
        assert rebuild(log) == record
        for length in range(1, len(log)):
            assert rebuild(log[:length]).cause in Cause


@given(first=CALLS, actions=ACTIONS)
@settings(max_examples=100, deadline=None)
def test_a_caller_is_told_one_final_thing(first: tuple[str, bytes], actions: list[object]) -> None:
    office = Office()
    for action in (first, *actions):
        perform(office, action)
    names = [type(o).__name__ for o in office.out if getattr(o, "leg", "") == CALLER]
    assert names.count("Accept") + names.count("Refuse") <= 1
    assert names.count("Ring") <= 1
    assert names.count("Progress") <= 1
    assert names.count("End") <= 1
    wanted = [o for o in office.asked(ApplicationWanted) if o.call == "c1"]
    assert not wanted or "Accept" in names
