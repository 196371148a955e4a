"""Who is registered, as the disk, the log and an operator see it."""

import io
import json
from pathlib import Path

from softswitch.daemon.logs import start_logs
from softswitch.daemon.registrations import Registrations
from softswitch.daemon.status import Registration
from softswitch.sip.binding import BindingSaved, PhoneReachable, PhoneUnreachable, removed
from softswitch.sip.flow import Flow
from softswitch.storage.bindings import StoredBindings
from softswitch.storage.database import open_database
from softswitch.storage.writer import Writer
from tests.support.office import Office

PEOPLE = "employees: {101: {password: secret-one}}\n"


def test_registrations_are_kept_logged_and_shown(tmp_path: Path) -> None:
    office = Office(PEOPLE, tmp_path)
    office.register("101")
    engine = open_database(tmp_path / "state.db")
    writer = Writer(lambda slug, detail: None)
    stream = io.StringIO()
    log, lines = start_logs("info", as_json=True, stream=stream)
    stored = StoredBindings(engine, writer, 0.0)
    kept: list[Flow] = []
    registrations = Registrations(office.switch, stored, log, kept.append)
    registrar = office.switch.endpoint.registrar
    [binding] = registrar.bindings(office.now)

    registrations.saved(BindingSaved(binding))
    registrations.saved(BindingSaved(binding, is_refresh=True))
    assert kept == [binding.flow, binding.flow]
    registrations.unreachable(PhoneUnreachable("101", binding.contact))
    registrations.reachable(PhoneReachable("101", binding.contact))
    shown = Registration("101", binding.contact, "udp 10.0.1.1:5060", binding.user_agent, 3600.0)
    [found] = registrations.shown(binding.expires_at - 3600.0)
    assert found == shown
    registrar.silent.add(binding.key)
    assert [one.reachable for one in registrations.shown(office.now)] == [False]
    writer.start()
    assert writer.close() == 0
    assert registrations.stored(office.now) == [binding]
    registrations.removed(removed(binding))
    lines.close()
    engine.dispose()
    said = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["level"], line["event"]) for line in said] == [
        ("info", "registered"),
        ("warning", "phone-unreachable"),
        ("info", "phone-reachable"),
        ("info", "unregistered"),
    ]
    assert {line["contact"] for line in said} == {binding.contact}
