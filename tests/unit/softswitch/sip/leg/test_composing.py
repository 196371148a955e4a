"""What our INVITE says of the caller, to telephones and to trusted sides."""

from softswitch.sip.message import Header, Request
from softswitch.sip.settings import EndpointSettings
from softswitch.sip.vocabulary import Claims, Diversion, Party, Place, Target
from tests.unit.softswitch.sip.desk import OFFER, Desk
from tests.unit.softswitch.sip.speaking import REALM, flow

ZOE = Party("+4822", "Zoë")
HIDDEN = Claims(privacy=frozenset(("id",)))
TRUSTED = EndpointSettings(realm=REALM, trusted=("198.51.100.0/24",))
BUSY = Diversion("102", "user-busy")


def placed(
    desk: Desk, claims: Claims | None = None, *diversions: Diversion, alert: str = ""
) -> Request:
    target = Target("sip:103@10.0.0.7", flow())
    place = Place("b", target, ZOE, "103", OFFER, diversions, claims=claims, alert=alert)
    return desk.tell(place).request


def test_a_telephone_reads_who_calls_in_from_alone() -> None:
    invite = placed(Desk())
    assert (invite.first(Header.FROM) or "").startswith('"Zoë" <sip:+4822@192.0.2.1>;tag=')
    assert Header.P_ASSERTED_IDENTITY not in invite.ids


def test_a_trusted_side_is_told_who_calls() -> None:
    invite = placed(Desk(TRUSTED))
    assert invite.first(Header.P_ASSERTED_IDENTITY) == '"Zoë" <sip:+4822@192.0.2.1>'
    assert Header.PRIVACY not in invite.ids


def test_a_hidden_caller_is_nobody_to_a_telephone() -> None:
    invite = placed(Desk(), HIDDEN)
    assert invite.from_().display == "Anonymous"
    assert str(invite.from_().uri) == "sip:anonymous@anonymous.invalid"
    assert b"4822" not in invite.to_bytes()


def test_a_trusted_side_knows_the_hidden_caller_and_that_he_hides() -> None:
    invite = placed(Desk(TRUSTED), HIDDEN)
    assert str(invite.from_().uri) == "sip:anonymous@anonymous.invalid"
    assert invite.first(Header.P_ASSERTED_IDENTITY) == '"Zoë" <sip:+4822@192.0.2.1>'
    assert invite.first(Header.PRIVACY) == "id"


def test_a_call_that_was_sent_on_says_so_twice() -> None:
    invite = placed(Desk(), None, BUSY)
    assert invite.values(Header.DIVERSION) == ["<sip:102@192.0.2.1>;reason=user-busy"]
    assert invite.values(Header.HISTORY_INFO) == [
        "<sip:102@192.0.2.1>;index=1",
        "<sip:103@192.0.2.1;cause=486>;index=1.1;mp=1",
    ]


def test_the_forwardings_of_others_stand_behind_ours() -> None:
    claims = Claims(diversions=(Diversion("900", "no-answer"),), history=("<sip:900@far>;index=1",))
    invite = placed(Desk(), claims, BUSY)
    reasons = [value.partition("reason=")[2] for value in invite.values(Header.DIVERSION)]
    assert reasons == ["user-busy", "no-answer"]
    assert len(invite.values(Header.HISTORY_INFO)) == 2


def test_how_a_hidden_caller_came_is_hidden_too() -> None:
    claims = Claims(
        privacy=frozenset(("history",)),
        diversions=(Diversion("900", "no-answer"),),
        history=("<sip:900@far>;index=1",),
        call_info=("<https://far/zoe.png>;purpose=icon",),
    )
    assert b"900" not in (sent := placed(Desk(), claims).to_bytes())
    assert b"zoe" not in sent
    assert b"900" in placed(Desk(TRUSTED), claims).to_bytes()


def test_how_it_is_to_ring_is_the_switchs_word_before_that_of_others() -> None:
    claims = Claims(alert="<urn:alert:priority:low>")
    assert placed(Desk(), claims).first(Header.ALERT_INFO) == "<urn:alert:priority:low>"
    ours = placed(Desk(), claims, alert="<urn:alert:priority:high>")
    assert ours.values(Header.ALERT_INFO) == ["<urn:alert:priority:high>"]
