from msgspec.structs import replace

from softswitch.identifiers import Identifiers, counted
from softswitch.sip.aliases import Aliases


def test_an_alias_stays_leads_back_and_is_forgotten() -> None:
    aliases = Aliases(Identifiers(counted()))
    alias = aliases.of("ours")
    assert aliases.of("ours") == alias
    assert aliases.of("another") != alias
    assert aliases.find(alias) == "ours"
    assert aliases.find(replace(alias, to_tag="guessed")) is None
    assert "ours" not in (alias.to_tag, alias.from_tag)
    aliases.forget("ours")
    assert aliases.find(alias) is None
    aliases.forget("another")
    assert len(aliases) == 0
