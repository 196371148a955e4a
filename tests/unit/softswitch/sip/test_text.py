from softswitch.sip.text import readable


def test_what_is_utf8_stays_as_it_is() -> None:
    assert readable("Anna Żak") == "Anna Żak"


def test_other_bytes_become_a_mark_that_files_take() -> None:
    assert readable("J\udcf6rg") == "J\ufffdrg"
