from collections.abc import Mapping
from typing import Any

import pytest

from softswitch.transport.domains import identities, is_for


def certificate(*names: tuple[str, str], common: str = "") -> Mapping[str, Any]:
    subject = ((("commonName", common),),) if common else ()
    return {"subject": subject, "subjectAltName": names}


def test_names_of_hosts_are_domains_where_no_uri_is() -> None:
    found = identities(certificate(("DNS", "Example.COM"), common="other.example"))
    assert found == {"example.com"}


def test_a_sip_uri_counts_more_than_names_of_hosts() -> None:
    both = certificate(("DNS", "host.example.com"), ("URI", "sip:Example.com"))
    assert identities(both) == {"example.com"}


@pytest.mark.parametrize(
    "uri", ["sip:alice@example.com", "https://example.com", "sips:example.com"]
)
def test_other_uris_are_no_domains(uri: str) -> None:
    assert identities(certificate(("URI", uri))) == frozenset()


def test_the_common_name_counts_where_there_is_nothing_else() -> None:
    assert identities(certificate(common="Example.com")) == {"example.com"}
    assert identities(certificate(("email", "a@b"), common="example.com")) == frozenset()


def test_addresses_are_compared_as_addresses() -> None:
    found = identities(certificate(("IP Address", "2001:DB8:0:0:0:0:0:1"), ("DNS", "a.example")))
    assert is_for("[2001:db8::1]", found)
    assert is_for("2001:db8::1", found)
    assert not is_for("2001:db8::2", found)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("example.com", True),
        ("EXAMPLE.com.", True),
        ("www.example.com", False),
        ("ample.com", False),
        ("", False),
    ],
)
def test_the_whole_name_counts(name: str, expected: bool) -> None:
    assert is_for(name, identities(certificate(("DNS", "example.com")))) is expected


def test_a_wildcard_is_no_domain_of_sip() -> None:
    assert not is_for("sip.example.com", identities(certificate(("DNS", "*.example.com"))))
