from softswitch.daemon.tokens import LENGTH, PAGE, tokens


def test_no_token_comes_twice() -> None:
    token = tokens()
    many = [token() for _ in range(2 * PAGE + 1)]
    assert len(set(many)) == len(many)
    assert {len(one) for one in many} == {LENGTH}


def test_no_two_sources_give_the_same() -> None:
    assert tokens()() != tokens()()
