"""Lines, by the logs of calls."""

from msgspec import structs

from softswitch.calls.facts import (
    CallClosed,
    CallerChanged,
    CallOffered,
    Fact,
    LegAnswered,
    LegEnded,
    LegJoined,
    LegLeft,
    LegPlaced,
    LegRefused,
    LegRinging,
    Logged,
    Noted,
    PartnerChanged,
)
from softswitch.watch.lines import LineDialog, Lines

OFFERED = CallOffered("a", "101", "101", "Anna", "102", "id-1", "192.0.2.7:5060")
CALLING = LineDialog("a", "101", "initiator", "trying", "102")
CALLED = LineDialog("b", "102", "recipient", "trying", "101", "Anna")


def told(lines: Lines, *facts: Fact, call: str = "c") -> list[list[tuple[str, str]]]:
    """Return the extension and state of what each fact changes."""
    return [
        [(one.extension, one.state) for one in lines.note(Logged(call, at, 0.0, fact))]
        for at, fact in enumerate(facts, 1)
    ]


def test_a_call_is_seen_at_both_ends() -> None:
    lines = Lines()
    told(lines, OFFERED, LegPlaced("b", "102", "sip:102@192.0.2.8"))
    assert lines.of("101") == [CALLING]
    assert lines.of("102") == [CALLED]


def test_it_rings_is_answered_and_ends() -> None:
    lines = Lines()
    assert told(
        lines,
        OFFERED,
        LegPlaced("b", "102", "sip:x"),
        LegRinging("b", early_media=False),
        LegAnswered("b"),
        LegAnswered("a"),
        LegEnded("b", "bye"),
        LegEnded("a", "ended"),
        CallClosed(),
    ) == [
        [("101", "trying")],
        [("102", "trying")],
        [("102", "early")],
        [("102", "confirmed")],
        [("101", "confirmed")],
        [("102", "terminated")],
        [("101", "terminated")],
        [],
    ]
    assert len(lines) == 0


def test_a_refused_telephone_is_free() -> None:
    lines = Lines()
    told(lines, OFFERED, LegPlaced("b", "102", "sip:x"), LegRefused("b", 486))
    assert lines.of("102") == []
    assert lines.of("101") == [CALLING]


def test_two_calls_of_one_extension_are_two_dialogs() -> None:
    lines = Lines()
    told(lines, OFFERED, LegPlaced("b", "102", "sip:x"))
    other = CallOffered("d", "103", "103", "", "102", "id-2", "192.0.2.9:5060")
    told(lines, other, LegPlaced("e", "102", "sip:x"), call="c2")
    assert [dialog.number for dialog in lines.of("102")] == ["101", "103"]


def test_a_stranger_has_no_line() -> None:
    lines = Lines()
    stranger = CallOffered("a", "", "0123", "", "102", "id-1", "192.0.2.7:5060")
    assert told(lines, stranger, LegAnswered("a"), LegEnded("a", "bye")) == [[], [], []]


def test_what_a_call_leaves_behind_is_free_when_it_is_closed() -> None:
    lines = Lines()
    told(lines, OFFERED, LegPlaced("b", "102", "sip:x"))
    assert told(lines, CallClosed()) == [[("101", "terminated"), ("102", "terminated")]]
    assert len(lines) == 0


def test_what_says_nothing_of_lines_changes_none() -> None:
    lines = Lines()
    assert told(lines, Noted("x"), LegRinging("z", early_media=True), LegEnded("z", "bye")) == [
        [],
        [],
        [],
    ]
    assert told(lines, LegPlaced("b", "102", "sip:x")) == [[]]


def test_ringing_twice_is_told_once() -> None:
    lines = Lines()
    told(lines, OFFERED, LegPlaced("b", "102", "sip:x"))
    ringing = LegRinging("b", early_media=False)
    assert told(lines, ringing, ringing) == [[("102", "early")], []]


def test_everything_can_be_forgotten() -> None:
    lines = Lines()
    told(lines, OFFERED, LegPlaced("b", "102", "sip:x"))
    lines.clear()
    assert len(lines) == 0
    assert lines.of("102") == []


def test_who_goes_on_in_another_call_is_seen_there() -> None:
    lines = Lines()
    told(lines, OFFERED, LegPlaced("b", "102", "sip:x"), LegAnswered("b"), LegAnswered("a"))
    told(lines, CallOffered("e", "102", "102", "", "103", "id-2", "192.0.2.8:5060"), call="d")
    told(lines, LegLeft("a", "d"))
    assert told(lines, LegJoined("a", "101", "192.0.2.7:5060", "c"), call="d") == [[]]
    assert told(lines, CallClosed()) == [[("102", "terminated")]]
    assert [one.state for one in lines.of("101")] == ["confirmed"]
    assert told(lines, LegEnded("a", "bye"), call="d") == [[("101", "terminated")]]


def test_who_picks_up_is_seen_to_talk() -> None:
    lines = Lines()
    told(lines, OFFERED, LegPlaced("b", "102", "sip:x"))
    joined = LegJoined("p", "103", "192.0.2.9:5060")
    assert told(lines, joined, LegAnswered("p")) == [[("103", "confirmed")], []]
    told(lines, CallClosed())
    assert len(lines) == 0


def test_who_watches_does_not_see_a_caller_who_hides() -> None:
    lines = Lines()
    hidden = structs.replace(OFFERED, is_anonymous=True)
    told(lines, hidden, LegPlaced("b", "102", "sip:102@192.0.2.8"))
    (called,) = lines.of("102")
    assert (called.number, called.name) == ("anonymous", "Anonymous")


def test_for_whom_it_rings_may_change() -> None:
    lines = Lines()
    told(lines, OFFERED, LegPlaced("b", "102", "sip:x"), LegPlaced("gone", "103", "sip:y"))
    told(lines, LegRefused("gone", 486))
    changed = told(lines, CallerChanged("c", "104", "Four"), CallerChanged("c", "104", "Four"))
    assert changed == [[("102", "trying")], []]
    assert lines.of("102") == [structs.replace(CALLED, number="104", name="Four")]


def test_who_talks_with_another_than_before_is_seen_with_him() -> None:
    lines = Lines()
    told(lines, OFFERED, LegPlaced("b", "102", "sip:x"), LegAnswered("b"), LegAnswered("a"))
    assert told(lines, PartnerChanged("a", "104", "Four"), PartnerChanged("b", "", "")) == [
        [("101", "confirmed")],
        [("102", "confirmed")],
    ]
    assert [(one.number, one.name) for one in lines.of("101")] == [("104", "Four")]
    assert [(one.number, one.name) for one in lines.of("102")] == [("anonymous", "Anonymous")]
    assert told(lines, PartnerChanged("a", "104", "Four"), PartnerChanged("z", "1", "")) == [[], []]
