"""TimerQueue: the earliest deadline of many, cheaply changed."""

from softswitch.timerqueue import TimerQueue, earlier


def test_an_empty_queue_has_no_deadline() -> None:
    queue: TimerQueue[str] = TimerQueue()
    assert queue.earliest is None
    assert list(queue.pop_due(1e9)) == []


def test_keys_come_out_in_the_order_of_their_deadlines() -> None:
    queue: TimerQueue[str] = TimerQueue()
    for key, deadline in (("late", 3.0), ("early", 1.0), ("middle", 2.0)):
        queue.file(key, deadline)
    assert queue.earliest == 1.0
    assert list(queue.pop_due(2.0)) == ["early", "middle"]
    assert queue.earliest == 3.0
    assert len(queue) == 1


def test_equal_deadlines_are_first_in_first_out() -> None:
    queue: TimerQueue[int] = TimerQueue()
    for key in (5, 3, 4):
        queue.file(key, 1.0)
    assert list(queue.pop_due(1.0)) == [5, 3, 4]


def test_a_key_that_moved_is_due_once_and_at_its_new_time() -> None:
    queue: TimerQueue[str] = TimerQueue()
    queue.file("a", 1.0)
    queue.file("a", 5.0)
    assert list(queue.pop_due(4.0)) == []
    queue.file("a", 2.0)
    assert list(queue.pop_due(9.0)) == ["a"]


def test_a_cleared_key_is_never_due() -> None:
    queue: TimerQueue[str] = TimerQueue()
    queue.file("a", 1.0)
    queue.file("b", 2.0)
    queue.file("a", None)
    assert queue.earliest == 2.0
    assert list(queue.pop_due(9.0)) == ["b"]


def test_a_key_filed_while_others_are_popped_may_be_due_at_once() -> None:
    queue: TimerQueue[str] = TimerQueue()
    queue.file("a", 1.0)
    popped = []
    for key in queue.pop_due(3.0):
        popped.append(key)
        if len(popped) < 3:
            queue.file(key, 1.0 + len(popped))
    assert popped == ["a", "a", "a"]


def test_order_survives_ten_thousand_cancelled_deadlines() -> None:
    queue: TimerQueue[int] = TimerQueue()
    for key in range(10_000):
        queue.file(key, 1e6 - key)
        if key % 100:
            queue.file(key, None)
    assert len(queue) == 100
    assert list(queue.pop_due(1e6)) == list(range(9_900, -1, -100))


def test_of_two_deadlines_the_earlier_one_counts_and_none_is_never() -> None:
    assert earlier(2.0, 1.0) == earlier(1.0, 2.0) == earlier(1.0, None) == earlier(None, 1.0) == 1.0
    assert earlier(None, None) is None
