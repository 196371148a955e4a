import msgspec
from sqlalchemy import Engine

from softswitch.sip.binding import Binding, BindingRemoved, BindingSaved, removed
from softswitch.sip.flow import Flow
from softswitch.storage.bindings import StoredBindings
from softswitch.storage.writer import Writer
from tests.unit.softswitch.storage.conftest import Complaints, Finish

BINDING = Binding(
    extension="101",
    contact="sip:101@192.168.1.7:5062;transport=tcp",
    flow=Flow("tcp", ("0.0.0.0", 5060), ("203.0.113.9", 40_000), 1_700_000_000_123),
    expires_at=3600.5,
    q=0.7,
    call_id="x1",
    cseq=4_000_000_000,
    user_agent="phone",
    outbound="1 <urn:uuid:x>",
    path=("<sip:inner.example;lr>", '"Edge, \u2028 outer" <sip:edge.example;lr;ob>'),
)
YESTERDAY, TODAY = 1000.0, 3000.0
"""Wall clock at monotonic zero, of the process before and of this one."""


def test_a_binding_is_there_after_a_restart_with_its_time_left(
    engine: Engine, writer: Writer, finish: Finish
) -> None:
    StoredBindings(engine, writer, YESTERDAY).put(BindingSaved(BINDING))
    assert finish() == 0
    assert StoredBindings(engine, writer, TODAY).restore(now=10.0) == [
        msgspec.structs.replace(BINDING, expires_at=1600.5)
    ]


def test_the_last_change_of_a_contact_counts(
    engine: Engine, writer: Writer, finish: Finish
) -> None:
    bindings = StoredBindings(engine, writer, TODAY)
    other = msgspec.structs.replace(BINDING, contact="sip:101@192.168.1.8")
    refreshed = msgspec.structs.replace(BINDING, cseq=2, q=1.0)
    bindings.put(BindingSaved(BINDING))
    bindings.put(BindingSaved(other))
    bindings.put(removed(BINDING))
    bindings.put(BindingSaved(refreshed))
    bindings.put(removed(other))
    assert finish() == 0
    assert bindings.restore(now=0.0) == [refreshed]


def test_flows_of_one_contact_are_kept_beside_each_other(
    engine: Engine, writer: Writer, finish: Finish
) -> None:
    bindings = StoredBindings(engine, writer, TODAY)
    plain = msgspec.structs.replace(BINDING, outbound="", path=())
    second = msgspec.structs.replace(BINDING, outbound="2 <urn:uuid:x>")
    alone = msgspec.structs.replace(BINDING, outbound=" <urn:uuid:x>")
    for one in (BINDING, plain, second, alone):
        bindings.put(BindingSaved(one))
    bindings.put(BindingRemoved("101", BINDING.contact))
    assert finish() == 0
    assert bindings.restore(now=0.0) == [BINDING, second, alone]


def test_a_change_in_a_later_batch_counts(engine: Engine, complaints: Complaints) -> None:
    writer = Writer(lambda slug, detail: None, limit=1)
    bindings = StoredBindings(engine, writer, TODAY)
    bindings.put(BindingSaved(BINDING))
    bindings.put(removed(BINDING))
    writer.start()
    assert writer.close() == 0
    assert bindings.restore(now=0.0) == []


def test_what_expired_meanwhile_is_forgotten(
    engine: Engine, writer: Writer, finish: Finish
) -> None:
    bindings = StoredBindings(engine, writer, TODAY)
    bindings.put(BindingSaved(BINDING))
    finish()
    assert bindings.restore(now=3600.5) == []
    assert bindings.restore(now=0.0) == []


def test_what_another_process_locks_out_keeps_waiting(
    engine: Engine, writer: Writer, complaints: Complaints
) -> None:
    bindings = StoredBindings(engine, writer, TODAY)
    with engine.connect() as other:  # another process holds the write lock
        other.exec_driver_sql("BEGIN IMMEDIATE")
        bindings.put(BindingSaved(BINDING))
        writer.start()
        assert writer.close() == 1
    assert [slug for slug, _ in complaints] == ["storage-failing"]
    assert "locked" in complaints[0][1]["error"]
