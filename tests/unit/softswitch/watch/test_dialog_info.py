"""Documents against RFC 4235, section 4."""

from xml.etree import ElementTree

import pytest

from softswitch.watch.dialog_info import dialog_info
from softswitch.watch.lines import LineDialog

NAMES = {"d": "urn:ietf:params:xml:ns:dialog-info"}


def read(
    *dialogs: LineDialog, entity: str = "sip:102@office", version: int = 0
) -> ElementTree.Element:
    return ElementTree.fromstring(dialog_info(entity, dialogs).numbered(version))


def test_it_says_whose_state_it_is_all_of_it_and_which_one() -> None:
    root = read(version=7)
    assert root.tag == f"{{{NAMES['d']}}}dialog-info"
    assert root.attrib == {"version": "7", "state": "full", "entity": "sip:102@office"}
    assert list(root) == []


def test_a_dialog_has_its_state_its_direction_and_the_other_side() -> None:
    root = read(LineDialog("leg-1", "102", "recipient", "early", "101", "Anna"))
    (dialog,) = root
    assert dialog.get("direction") == "recipient"
    assert dialog.get("id") not in ("", "leg-1", None)  # that would be a tag of the dialog
    assert dialog.findtext("d:state", namespaces=NAMES) == "early"
    identity = dialog.find("d:remote/d:identity", NAMES)
    assert identity is not None
    assert identity.text == "sip:101@office"
    assert identity.attrib == {"display": "Anna"}
    target = dialog.find("d:remote/d:target", NAMES)
    assert target is not None
    assert target.attrib == {"uri": "sip:101@office"}


def test_each_dialog_is_listed() -> None:
    root = read(
        LineDialog("a", "102", "initiator", "confirmed", "600"),
        LineDialog("b", "102", "recipient", "early", "101"),
    )
    assert len({dialog.get("id") for dialog in root}) == 2


@pytest.mark.parametrize(
    "odd", ['Anna "the <boss>" & co', "Zoë 🎉", "bell \x07 and \x00", "half \ud800 a pair", "]]>"]
)
def test_whatever_a_caller_is_called_it_can_be_read(odd: str) -> None:
    dialog = LineDialog("a", odd, "recipient", "early", odd, odd)
    root = read(dialog, entity=f"sip:{odd}@office")
    shown = root.find("d:dialog/d:remote/d:identity", NAMES)
    assert shown is not None
    kept = "".join(sign for sign in odd if sign >= " " and not "\ud800" <= sign <= "\udfff")
    assert shown.get("display") == kept


def test_a_caller_without_a_number_is_anonymous() -> None:
    root = read(LineDialog("a", "102", "recipient", "early", ""))
    assert root.findtext("d:dialog/d:remote/d:identity", namespaces=NAMES) == "sip:anonymous@office"
