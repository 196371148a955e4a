"""The import rules of the house, and that tests stand where their subject stands."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ALLOWED: dict[str, set[str]] = {
    # layer 0
    "softswitch.identifiers": set(),
    "softswitch.timerqueue": set(),
    # layer 1
    "softswitch.sip.errors": set(),
    "softswitch.sip.flow": set(),
    "softswitch.sip.message": {"softswitch.sip.errors"},
    "softswitch.sip.digest": {"softswitch.sip.errors", "softswitch.sip.message"},
    "softswitch.routing": set(),
    # layer 2
    "softswitch.sip.transaction": {
        "softswitch.identifiers",
        "softswitch.timerqueue",
        "softswitch.sip.errors",
        "softswitch.sip.flow",
        "softswitch.sip.message",
    },
    "softswitch.sip.dialog": {
        "softswitch.identifiers",
        "softswitch.sip.errors",
        "softswitch.sip.flow",
        "softswitch.sip.message",
    },
    # layer 3
    "softswitch.sip": {"softswitch.identifiers", "softswitch.timerqueue"},
    # passes on what is no call of ours, so it sees no leg
    "softswitch.sip.proxy": {
        "softswitch.timerqueue",
        "softswitch.sip.binding",
        "softswitch.sip.dialog.session_timer",  # how long a call lasts that is not refreshed
        "softswitch.sip.digest",
        "softswitch.sip.errors",
        "softswitch.sip.flow",
        "softswitch.sip.guard",  # the calls of an extension are counted with the switch's own
        "softswitch.sip.identity.privacy",  # who wants to be hidden from whom
        "softswitch.sip.listeners",
        "softswitch.sip.locate",
        "softswitch.sip.message",
        "softswitch.sip.methods",
        "softswitch.sip.outputs",
        "softswitch.sip.registrar",
        "softswitch.sip.settings",
        "softswitch.sip.stack",
        "softswitch.sip.transaction",
        "softswitch.sip.vocabulary",
    },
    # layer 4
    "softswitch.calls": {
        "softswitch.identifiers",
        "softswitch.timerqueue",
        "softswitch.sip.flow",
        "softswitch.sip.vocabulary",
        "softswitch.routing",
        "media.control",
        "media.conferencing",
        "media.filing",
        "media.handing",
        "media.measuring",
        "media.sdp",
    },
    # layer 5
    "softswitch.applications": {
        "softswitch.calls.instructions",
        "softswitch.routing.plan",
        "softswitch.timerqueue",
    },
    "softswitch.watch": {
        "softswitch.calls.facts",  # what calls log says whose telephones ring and talk
        "softswitch.sip.message",
        "softswitch.sip.subscriptions",
        "softswitch.sip.watching",
    },
    # layer 6
    "softswitch.configuration": {
        "softswitch.routing",
        "softswitch.sip.settings",
        "media.countries",  # whose tones may be named
        "media.sdp.formats",  # the codecs that may be named
    },
    "softswitch.storage": {
        "softswitch.sip.binding",
        "softswitch.sip.flow",
        "softswitch.sip.guard",  # its bans are kept
        "softswitch.calls",
        "media.recorder",
    },
    # layer 7
    "softswitch.transport": {
        "softswitch.sip.flow",
        "softswitch.sip.endpoint",
        "softswitch.sip.locate",  # what the resolver is asked
        "softswitch.sip.message.framing",
        "softswitch.sip.errors",
    },
    # the phone: a user agent beside the switch, which shares the messages and nothing above them
    "softswitch.phone": {
        "softswitch.identifiers",
        "softswitch.timerqueue",
        "softswitch.sip.errors",
        "softswitch.sip.flow",
        "softswitch.sip.message",
        "softswitch.sip.digest",
        "softswitch.sip.transaction",
        "media",
    },
    # layer 9
    "softswitch.daemon": {"softswitch", "media"},
    "media.control": {
        "media.conferencing",
        "media.filing",
        "media.handing",
        "media.measuring",
    },
    "media.sdp": set(),
    "media.countries": set(),
    "media": set(),
}
"""What each package may import besides itself; a name covers everything below it."""

CLOCKS_AND_SOCKETS = {
    "asyncio",
    "socket",
    "ssl",
    "threading",
    "time",
    "random",
    "secrets",
    "logging",
    "structlog",
    "selectors",
}
SANS_IO = (
    "softswitch.identifiers",
    "softswitch.timerqueue",
    "softswitch.sip",
    "softswitch.routing",
    "softswitch.calls",
    "softswitch.applications",
    "softswitch.watch",
    "softswitch.phone.account",
    "softswitch.phone.agent",
    "softswitch.phone.answering",
    "softswitch.phone.book",
    "softswitch.phone.call",
    "softswitch.phone.calling",
    "softswitch.phone.events",
    "softswitch.phone.registration",
    "media.announcements",
    "media.control",
    "media.plane",
    "media.rtp",
    "media.carriage",
    "media.codecs",
    "media.countries",
    "media.deck",
    "media.dtmf",
    "media.hearing",
    "media.intake",
    "media.ledger",
    "media.minutes",
    "media.mix",
    "media.moving",
    "media.player",
    "media.reel",
    "media.relay",
    "media.rooms",
    "media.speech",
    "media.stations",
    "media.sdp",
)
SEEN_BY_SOFTSWITCH = (
    "media.control",
    "media.conferencing",
    "media.countries",
    "media.filing",
    "media.handing",
    "media.measuring",
    "media.sdp",
)
COMPOSES = ("softswitch.daemon", "softswitch.phone", "softswitch.storage")
"""May see more of media than its interface: they start engines and mend recordings."""


def dotted(path: Path) -> str:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = sorted(p for top in ("softswitch", "media") for p in (ROOT / top).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Return the dotted names that a module imports; `from a import b` counts as `a.b`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def covers(package: str, name: str) -> bool:
    return name == package or name.startswith(package + ".")


def home(name: str) -> str:
    """Return the most particular entry of ALLOWED that `name` falls under."""
    return max((package for package in ALLOWED if covers(package, name)), key=len, default="")


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_module_imports_only_downward(path: Path) -> None:
    package = home(dotted(path))
    if not package:
        return  # the root package, which holds a docstring
    for name in imports(path):
        if name.partition(".")[0] not in ("softswitch", "media"):
            continue
        permitted = covers(package, name) or any(covers(below, name) for below in ALLOWED[package])
        assert permitted, f"{dotted(path)} may not import {name}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_protocol_code_knows_no_clock_and_no_socket(path: Path) -> None:
    if any(covers(package, dotted(path)) for package in SANS_IO):
        named = {name.partition(".")[0] for name in imports(path)}
        assert not named & CLOCKS_AND_SOCKETS


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_media_knows_nothing_of_sip_and_is_known_by_its_interface(path: Path) -> None:
    module = dotted(path)
    for name in imports(path):
        if covers("media", module):
            assert not covers("softswitch", name), f"{module} imports {name}"
        elif covers("media", name) and not any(covers(p, module) for p in COMPOSES):
            assert any(covers(p, name) for p in SEEN_BY_SOFTSWITCH), f"{module} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_no_import_hides_in_a_function(path: Path) -> None:
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [n for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not inner, f"{dotted(path)}.{function.name} imports"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_package_init_holds_a_docstring_and_reexports_only(path: Path) -> None:
    if path.name != "__init__.py":
        return
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), f"{dotted(path)} has no docstring"
    for node in tree.body[1:]:
        assert isinstance(node, ast.Import | ast.ImportFrom | ast.Assign), dotted(path)
        if isinstance(node, ast.Assign):
            assert [ast.unparse(target) for target in node.targets] == ["__all__"]


def test_modules_stay_small() -> None:
    long = {dotted(p): n for p in MODULES if (n := len(p.read_text().splitlines())) > 400}
    assert not long, "over 400 lines"


def test_every_folder_has_a_readme() -> None:
    folders = {path.parent for path in MODULES} | {ROOT / "config", ROOT / "benchmarks"}
    folders |= {path.parent for path in (ROOT / "tests").rglob("test_*.py")} - {
        path.parent for path in (ROOT / "tests" / "unit").rglob("test_*.py")
    }
    missing = sorted(
        str(f.relative_to(ROOT)) for f in folders if f != ROOT and not (f / "README.md").exists()
    )
    assert not missing


MIRRORED = sorted((ROOT / "tests" / "unit").rglob("test_*.py"))


@pytest.mark.parametrize("path", MIRRORED, ids=lambda p: str(p.relative_to(ROOT / "tests")))
def test_unit_tests_mirror_the_source(path: Path) -> None:
    folder = ROOT / path.parent.relative_to(ROOT / "tests" / "unit")
    name = re.sub(r"^test_", "", path.stem)
    subject = folder / f"{name}.py"
    assert subject.exists() or (folder / name).is_dir(), f"{path} tests no module"
