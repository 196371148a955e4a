from media.net.address import NOWHERE, AddressBook


def test_an_ipv4_address_is_its_own_key_and_comes_back() -> None:
    book = AddressBook()
    key = book.key("192.0.2.7", 40000)
    assert key == 0xC0000207 << 16 | 40000
    assert AddressBook().address(key) == ("192.0.2.7", 40000)


def test_an_ipv6_address_comes_back_from_the_book_that_made_its_key() -> None:
    book = AddressBook(b"secret")
    key = book.key("2001:db8::1", 5004)
    assert key.bit_length() == 64
    assert book.address(key) == ("2001:db8::1", 5004)
    assert AddressBook(b"secret").address(key) is None


def test_without_the_secret_a_key_cannot_be_foreseen() -> None:
    assert AddressBook(b"one").key("2001:db8::1", 1) != AddressBook(b"two").key("2001:db8::1", 1)


def test_a_mapped_address_is_the_ipv4_one() -> None:
    book = AddressBook()
    assert book.key("::ffff:192.0.2.7", 1) == book.key("192.0.2.7", 1)


def test_names_and_unspecified_addresses_are_nowhere() -> None:
    book = AddressBook()
    assert {
        book.key("phone.example", 4000),
        book.key("", 4000),
        book.key("0.0.0.0", 4000),
        book.key("::", 4000),
        book.key("192.0.2.7", 0),
        book.key("192.0.2.7", 65536),
    } == {NOWHERE}
    assert book.address(NOWHERE) is None


def test_hosts_in_use_are_remembered_while_strangers_pass() -> None:
    book = AddressBook(bound=8)
    key = book.key("2001:db8::1", 5004)
    for number in range(100):
        book.host(f"2001:db8::1:{number:x}")
        assert book.address(key) == ("2001:db8::1", 5004)


def test_hosts_out_of_use_are_forgotten() -> None:
    book = AddressBook(bound=8)
    key = book.key("2001:db8::1", 5004)
    for number in range(100):
        book.host(f"2001:db8::1:{number:x}")
    assert book.address(key) is None
