"""One benchmark at one load: a switch of its own, a generator of its own, one row."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import call, floor, playback, proxy, register, relay, rooms
from benchmarks.generator import Generator
from benchmarks.office import configuration, free_port
from benchmarks.outcome import Outcome
from benchmarks.row import REFERENCE_SPIN_MS, Row, percentile, spin, steady
from benchmarks.run import Run
from benchmarks.server import Server
from benchmarks.workload import PATIENCE, Workload

ATTEMPTS = 3
"""Runs of one load, when the machine changes its speed on the way."""

PREPARED_WITHIN = 180.0
QUIET = 1.0
"""Seconds before and after what counts, in which the switch writes what it has put off."""

SIGNALLING_BYTES = 600
"""Size of a usual SIP message, for the floor."""

SPEECH_BYTES = 172


@dataclass(frozen=True, slots=True)
class Benchmark:
    name: str
    unit: str
    workload: type[Workload] | None
    """None for what an engine does alone."""

    employees: Callable[[int], int]
    loads: tuple[int, ...]
    """The sweep, which ends early where something saturates."""

    headline: int
    """The load whose figure stands for the benchmark."""

    datagram: int
    """Bytes of one, for the floor."""

    mode: str = "switch"
    """Of the listener."""

    is_recorded: bool = False
    """Every call has a file of both sides."""

    alone: Callable[[int, float, str], Run] | None = None
    """What an engine does without a switch: takes the load, the seconds and the backend."""

    srtp: str = "off"
    """Whether the switch encrypts speech with telephones that can."""


BENCHMARKS = {
    benchmark.name: benchmark
    for benchmark in (
        Benchmark(
            "register",
            "REGISTER pair",
            register.Registrations,
            register.employees,
            (10, 100, 1000, 2000, 5000, 10000),
            2000,
            SIGNALLING_BYTES,
        ),
        Benchmark(
            "call",
            "call",
            call.Calls,
            call.employees,
            (10, 100, 400, 1000, 1500, 2000, 2500),
            1000,
            SIGNALLING_BYTES,
        ),
        Benchmark(
            "proxy",
            "call",
            proxy.Proxied,
            call.employees,
            (10, 100, 400, 1000, 2000, 4000),
            1000,
            SIGNALLING_BYTES,
            "proxy",
        ),
        Benchmark(
            "relay",
            "packet",
            relay.Relay,
            relay.employees,
            (10, 50, 200, 400),
            200,
            SPEECH_BYTES,
        ),
        Benchmark(
            "record",
            "packet",
            relay.Relay,
            relay.employees,
            (10, 50, 200),
            200,
            SPEECH_BYTES,
            is_recorded=True,
        ),
        Benchmark(
            "playback",
            "packet",
            None,
            relay.employees,
            (10, 50, 200, 400),
            200,
            SPEECH_BYTES,
            alone=playback.run,
        ),
        Benchmark(
            "conference",
            "packet in and out",
            None,
            relay.employees,
            (3, 10, 30, 100, 200),
            100,
            SPEECH_BYTES,
            alone=rooms.conference,
        ),
        Benchmark(
            "rooms",
            "packet in and out",
            None,
            relay.employees,
            (1, 10, 100, 300),
            300,
            SPEECH_BYTES,
            alone=rooms.small_rooms,
        ),
        Benchmark(
            "srtp",
            "packet",
            relay.SafeRelay,
            relay.employees,
            (10, 50, 100),
            100,
            SPEECH_BYTES,
            srtp="optional",
        ),
    )
}


def measure(
    benchmark: Benchmark, load: int, seconds: float, *, direct: bool, backend: str = "auto"
) -> Row:
    """Return what one unit costs at `load`. Raises RuntimeError when nothing can be measured.

    backend  how media workers read and write packets
    """
    for _ in range(ATTEMPTS):
        before = spin()
        if benchmark.workload is None:
            assert benchmark.alone is not None
            run = benchmark.alone(load, seconds, backend)
        else:
            run = _run(benchmark, benchmark.workload, load, seconds, direct=direct, backend=backend)
        after = spin()
        if steady(before, after):
            break
    return _row(benchmark, load, run, (before + after) / 2, is_steady=steady(before, after))


def _run(
    benchmark: Benchmark,
    workload: type[Workload],
    load: int,
    seconds: float,
    *,
    direct: bool,
    backend: str,
) -> Run:
    port = free_port()
    address = ("127.0.0.1", port)
    options = ("--direct",) if direct else ()
    text = configuration(
        port,
        benchmark.employees(load),
        benchmark.mode,
        backend,
        is_recorded=benchmark.is_recorded,
        srtp=benchmark.srtp,
    )
    with Server(text, options) as server:
        server.wait_ready(address)
        with Generator(workload, address, load, direct=direct) as generator:
            generator.wait_ready(PREPARED_WITHIN)
            time.sleep(QUIET)
            began, cpu, daemon_cpu = time.monotonic(), server.cpu(), server.daemon_cpu()
            outcome = generator.run(seconds, seconds + 3 * PATIENCE)
            lasted = time.monotonic() - began
            if benchmark.is_recorded:
                _look_for_recordings(server, load, seconds, outcome)
            time.sleep(QUIET)
            return Run(
                outcome,
                server.cpu() - cpu,
                server.daemon_cpu() - daemon_cpu,
                lasted,
                server.rss_kib(),
                floor.measure(benchmark.datagram),
            )


def _look_for_recordings(server: Server, load: int, seconds: float, outcome: Outcome) -> None:
    """See that there is a file for each call, with what was said until a second ago."""
    sizes = [path.stat().st_size for path in server.folder.rglob("recordings/**/*.wav.part")]
    least = (seconds - 1.5) * 8000 * 4
    if missing := load - sum(size > least for size in sizes):
        outcome.fail(f"{missing} calls were not recorded whole")


def _row(benchmark: Benchmark, load: int, run: Run, spin_ms: float, *, is_steady: bool) -> Row:
    outcome = run.outcome
    units = max(1, outcome.units)
    cpu_us = run.cpu / units * 1e6
    limit = run.floor.of(received=outcome.sent / units, sent=outcome.received / units)
    return Row(
        benchmark=benchmark.name,
        load=load,
        unit=benchmark.unit,
        cpu_us=cpu_us,
        cpu_us_ref=cpu_us * REFERENCE_SPIN_MS / spin_ms,
        spin_ms=spin_ms,
        limit_us=limit,
        failures=outcome.failures,
        retransmissions=outcome.retransmissions,
        p50_ms=percentile(outcome.latencies_ms, 0.50),
        p99_ms=percentile(outcome.latencies_ms, 0.99),
        rss_kib=run.rss_kib,
        busy=run.daemon_cpu / run.lasted,
        note=_note(outcome, is_steady=is_steady),
    )


def _note(outcome: Outcome, *, is_steady: bool) -> str:
    """Return why this is no result, or nothing."""
    reasons = []
    if outcome.failures:
        reasons.append(f"{outcome.failures} failures: {'; '.join(outcome.complaints)}")
    if outcome.is_saturated:
        reasons.append(f"the generator was late with {outcome.late_share:.0%} of its work")
    if not is_steady:
        reasons.append("the machine changed its speed on the way")
    return "; ".join(reasons)
