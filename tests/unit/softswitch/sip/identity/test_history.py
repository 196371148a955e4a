from softswitch.sip.claims import Diversion
from softswitch.sip.identity.history import MOST, diversions_of, history, history_of
from softswitch.sip.message import Header
from tests.unit.softswitch.sip.speaking import request

BUSY = Diversion("101", "user-busy")
LATE = Diversion("102", "no-answer")


def test_each_place_has_the_cause_of_its_being_called() -> None:
    assert history([LATE, BUSY], "103", "pbx", ()) == (
        "<sip:101@pbx>;index=1",
        "<sip:102@pbx;cause=486>;index=1.1;mp=1",
        "<sip:103@pbx;cause=408>;index=1.1.1;mp=1.1",
    )


def test_the_history_of_others_is_gone_on_with() -> None:
    before = ("<sip:555@far>;index=1", "<sip:101@pbx;cause=302>;index=1.2;mp=1")
    assert history([BUSY], "103", "pbx", before) == (
        *before,
        "<sip:103@pbx;cause=486>;index=1.2.1;mp=1.2",
    )


def test_what_was_not_sent_on_keeps_its_history() -> None:
    assert history([], "103", "pbx", ("<sip:555@far>;index=1",)) == ("<sip:555@far>;index=1",)


def test_an_unknown_reason_has_a_cause_too() -> None:
    assert "cause=404" in history([Diversion("101", "moon")], "102", "pbx", ())[-1]


def test_diversions_are_read_newest_first_without_what_cannot_be_read() -> None:
    values = '<sip:102@a>;reason=no-answer, "no, one" <tel:+48-22>;reason="User-Busy", nonsense <'
    asked = request("INVITE", headers=[(Header.DIVERSION, values + ">")])
    assert diversions_of(asked) == (LATE, Diversion("+4822", "user-busy"))


def test_a_reason_that_is_no_word_is_unknown() -> None:
    asked = request("INVITE", headers=[(Header.DIVERSION, '<sip:1@a>;reason="a b"')])
    assert diversions_of(asked) == (Diversion("1", "unknown"),)


def test_an_entry_of_the_history_has_a_place() -> None:
    good = "<sip:101@a>;index=1.1"
    bad = ["<sip:1@a>", "<sip:1@a>;index=x", "<sip:1@a>;index=1.", "<"]
    headers = [(Header.HISTORY_INFO, value) for value in ([*bad[:3], good])]
    assert history_of(request("INVITE", headers=headers)) == (good,)


def test_of_too_much_the_beginning_is_kept() -> None:
    headers = [(Header.DIVERSION, f"<sip:{number}@a>") for number in range(2 * MOST)]
    assert len(diversions_of(request("INVITE", headers=headers))) == MOST
