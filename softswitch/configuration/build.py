"""From the checked file to what the switch reads: names resolved, defaults filled in."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from softswitch.configuration import schema
from softswitch.configuration.document import Document, Route
from softswitch.configuration.guard import access, guard, hashes, passwords
from softswitch.configuration.listeners import Equipment
from softswitch.configuration.registrations import qualify, registrar
from softswitch.configuration.settings import Connections, Limits, Recordings, Settings
from softswitch.configuration.values import Target
from softswitch.routing import model
from softswitch.routing.hours import Week
from softswitch.routing.hours import parse as parse_hours
from softswitch.routing.numbers import directory, normal
from softswitch.routing.plan import Outcome, Prompt, Strategy

EMPLOYEE_RINGS = 20.0
"""Seconds."""

INCREASING_DELAY = 10.0
"""Seconds between two members of a cascade that sets no delay."""

MENU_WAITS = 5.0
"""Seconds from the end of a greeting."""

LEAVE_A_MESSAGE = Prompt(say="Please leave a message after the tone.")
NOT_VALID = Prompt(say="That is not valid. Please try again.")
DEFAULT_DEPARTMENT = "sales"
"""The department that a file without any has."""

_WORDS = {
    Outcome.BUSY: "busy",
    Outcome.NO_ANSWER: "no-answer",
    Outcome.NOT_REGISTERED: "not-registered",
    Outcome.REFUSED: "refused",
}
"""What the record says of a call that ends so."""


class Build:
    """One file on its way; complaints go into its document."""

    def __init__(self, root: schema.Root, document: Document, folder: Path) -> None:
        self._root = root
        self._document = document
        self._folder = folder
        self._written = _written(document, "numbers")
        self._default = self._default_department()

    def configuration(self) -> model.Configuration:
        root = self._root
        employees = {
            extension: self._employee(extension, employee)
            for extension, employee in root.employees.items()
        }
        departments = {
            name: self._department(name, department)
            for name, department in root.departments.items()
        }
        if not departments:
            departments[DEFAULT_DEPARTMENT] = self._everybody()
        numbers = {number: self._number(number, rule) for number, rule in root.numbers.items()}
        codes = []
        if root.features.echo != "off":
            codes.append((root.features.echo, "echo", self._source(("features", "echo"))))
        whole = directory(employees.values(), departments.values(), numbers.values(), codes)
        internal = [d.number for d in departments.values() if d.number]
        return model.Configuration(
            employees,
            departments,
            numbers,
            {
                name: self._menu(name, menu, (*employees, *internal))
                for name, menu in root.menus.items()
            },
            {name: self._mailbox(name, box) for name, box in root.voicemail.items()},
            {name: self._schedule(name, hours) for name, hours in root.schedules.items()},
            whole,
        )

    def settings(self) -> Settings:
        network, security = self._root.network, self._root.security
        recording = self._root.recording
        equipment = Equipment(network, self._folder, self._source, self._complain)
        return Settings(
            listeners=equipment.listeners(),
            rtp=network.rtp,
            media_backend=network.media_backend,
            realm=network.realm,
            state=(self._folder / self._root.state).resolve(),
            limits=Limits(
                security.calls,
                security.call_duration,
                security.silence,
                security.silence_on_hold,
                0.0 if security.session_timer == "off" else security.session_timer,
            ),
            passwords=passwords(self._root),
            hashes=hashes(self._root, self._document),
            access=access(self._root),
            trusted=tuple(network.trusted),
            domain=network.domain or "",
            recordings=Recordings(
                recording.format, recording.keep, recording.most, recording.minimum_free
            ),
            agent=network.agent,
            country=network.country,
            follow_redirects=network.follow_redirects,
            other_domains=network.other_domains,
            name_servers=tuple(network.dns),
            guard=guard(security),
            registrar=registrar(self._root),
            qualify=qualify(self._root),
            contact_timeout=network.contact_timeout,
            connections=Connections(
                security.connections,
                security.connections_of_address,
                security.connection_silence,
                security.stranger,
            ),
        )

    # Places and destinations

    def _source(self, route: Route) -> model.Source:
        written = self._as_written(route)
        position = self._document.key_position(written)
        rule = ".".join(str(part) for part in route)
        return model.Source(rule, position.line, self._document.file, position.column)

    def _as_written(self, route: Route) -> Route:
        if len(route) > 1 and route[0] == "numbers":
            return (route[0], self._written.get(str(route[1]), route[1]), *route[2:])
        return route

    def _to(self, target: Target, route: Route, word: str = "hang-up") -> model.Destination:
        name = word if target.kind == "hang up" else target.name
        return model.Destination(target.kind, name, self._source(route))

    def _hang_up(self, route: Route, word: str) -> model.Destination:
        return model.Destination("hang up", word, self._source(route))

    def _or_mailbox(self, target: Target | None, route: Route, word: str) -> model.Destination:
        """Return where `route` leads; where nothing is set, the mailbox of the same name."""
        if target is not None:
            return self._to(target, route, word)
        box = str(route[1])
        if box in self._root.voicemail:
            return model.Destination("voicemail", box, self._source(route))
        return self._hang_up(route, word)

    def _reactions(
        self, rule: schema.Employee | schema.Department, route: Route
    ) -> Mapping[Outcome, model.Destination]:
        written: list[tuple[Outcome, Target | None, Route]] = [
            (Outcome.NO_ANSWER, rule.no_answer.to, ("no_answer", "to")),
            (Outcome.BUSY, rule.busy, ("busy",)),
            (Outcome.NOT_REGISTERED, rule.not_registered, ("not_registered",)),
            (Outcome.REFUSED, rule.refused, ("refused",)),
        ]
        return {
            outcome: self._or_mailbox(target, (*route, *end), _WORDS[outcome])
            for outcome, target, end in written
        }

    def _hours(
        self, rule: schema.Employee | schema.Department | schema.Number, route: Route
    ) -> model.Hours | None:
        if rule.hours is None:
            if rule.closed is not None:
                self._complain("closed: has no effect without hours", (*route, "closed"))
            return None
        if rule.closed is None and str(route[1]) not in self._root.voicemail:
            self._complain(
                f"'closed' is missing here: where do calls go outside {rule.hours!r}?",
                (*route, "hours"),
            )
        closed = self._or_mailbox(rule.closed, (*route, "closed"), "closed")
        return model.Hours(rule.hours, closed, self._source((*route, "hours")))

    def _prompt(self, spoken: schema.Spoken | schema.Invalid | None, usual: Prompt) -> Prompt:
        if spoken is None or (spoken.say is None and spoken.play is None):
            return usual
        play = str((self._folder / spoken.play).resolve()) if spoken.play else ""
        return Prompt(say=spoken.say or "", play=play)

    def _complain(self, message: str, route: Route) -> None:
        route = self._as_written(route)
        words = f"{'.'.join(str(part) for part in route)}: {message}"
        self._document.complain(words, self._document.key_position(route))

    # One entry each

    def _employee(self, extension: str, employee: schema.Employee) -> model.Employee:
        route = ("employees", extension)
        srtp = employee.srtp or self._root.network.srtp
        return model.Employee(
            extension,
            employee.name,
            employee.no_answer.after or EMPLOYEE_RINGS,
            employee.calls,
            self._reactions(employee, route),
            self._hours(employee, route),
            self._source(route),
            tuple(dict.fromkeys(employee.codecs or self._root.network.codecs or ())),
            # What is encrypted with us, and what is recorded, goes through us.
            is_direct=employee.record == "never"
            and srtp == "off"
            and (employee.media or self._root.network.media) == "direct",
            early_media=employee.early_media == "through",
            dtmf=employee.dtmf or self._root.network.dtmf,
            is_recorded=employee.record == "always",
            srtp=srtp,
        )

    def _department(self, name: str, department: schema.Department) -> model.Department:
        route = ("departments", name)
        seen: set[str] = set()
        members = []
        for place, member in enumerate(department.members):
            at = (*route, "members", place)
            if member.employee in seen:
                self._complain(f"{member.employee} is a member twice", at)
            seen.add(member.employee)
            members.append(
                model.GroupMember(member.employee, member.delay, member.timeout, self._source(at))
            )
        usual = INCREASING_DELAY if department.ring is Strategy.INCREASING else 0.0
        return model.Department(
            name,
            department.number or "",
            department.ring,
            tuple(members),
            usual if department.delay is None else department.delay,
            department.timeout,
            department.no_answer.after,
            department.skip_busy,
            self._reactions(department, route),
            self._hours(department, route),
            self._source(route),
            department.alert or "",
            None if department.early_media is None else department.early_media == "through",
        )

    def _everybody(self) -> model.Department:
        """Return the department of a file that has none; it stands in no line."""
        source = model.Source(f"departments.{DEFAULT_DEPARTMENT}", 0, self._document.file)
        return model.Department(
            DEFAULT_DEPARTMENT,
            "",
            Strategy.ALL_AT_ONCE,
            tuple(
                model.GroupMember(extension, None, None, source)
                for extension in self._root.employees
            ),
            0.0,
            None,
            None,
            True,
            {
                outcome: model.Destination("hang up", word, source)
                for outcome, word in _WORDS.items()
            },
            None,
            source,
        )

    def _default_department(self) -> str:
        """Return the department that is rung where nothing else is said."""
        marked = [name for name, rule in self._root.departments.items() if rule.default]
        for name in marked[1:]:
            self._complain(
                f"{marked[0]!r} is the default already", ("departments", name, "default")
            )
        return next(iter([*marked, *self._root.departments, DEFAULT_DEPARTMENT]))

    def _usual(self, target: Target | None, route: Route) -> model.Destination:
        """Return where `route` leads; where nothing is set, the default department."""
        return self._to(target or Target("department", self._default), route)

    def _number(self, number: str, rule: schema.Number) -> model.Number:
        route = ("numbers", number)
        if rule.full is not None and rule.limit is None:
            self._complain("full: has no effect without limit", (*route, "full"))
        full = rule.full or Target("hang up")
        return model.Number(
            number,
            self._usual(rule.open, (*route, "open")),
            self._hours(rule, route),
            rule.limit or 0,
            self._to(full, (*route, "full"), "busy"),
            self._source(route),
            rule.alert or "",
        )

    def _menu(self, name: str, menu: schema.Menu, known: Iterable[str]) -> model.Menu:
        route = ("menus", name)
        known = frozenset(known)
        if menu.dial == "extensions":
            extensions = known
        else:
            extensions = frozenset(menu.dial) if isinstance(menu.dial, list) else frozenset()
            for extension in sorted(extensions - known):
                self._complain(
                    f"{extension} is neither an employee nor a department", (*route, "dial")
                )
        nothing = self._usual(menu.nothing_pressed.to, (*route, "nothing_pressed", "to"))
        invalid = (
            nothing
            if menu.invalid.to is None
            else self._to(menu.invalid.to, (*route, "invalid", "to"))
        )
        return model.Menu(
            name,
            self._prompt(menu.greeting, Prompt()),
            {key: self._to(to, (*route, "keys", key)) for key, to in menu.keys.items()},
            extensions,
            self._source((*route, "dial")),
            menu.nothing_pressed.after or MENU_WAITS,
            menu.between_digits,
            menu.invalid.tries,
            self._prompt(menu.invalid, NOT_VALID),
            {Outcome.NOTHING_PRESSED: nothing, Outcome.INVALID: invalid},
            self._source(route),
        )

    def _mailbox(self, name: str, box: schema.Voicemail) -> model.Mailbox:
        route = ("voicemail", name)
        return model.Mailbox(
            name,
            self._prompt(box.greeting, LEAVE_A_MESSAGE),
            box.maximum,
            box.silence,
            self._hang_up(route, "failed"),
            self._source(route),
        )

    def _schedule(self, name: str, schedule: schema.Schedule) -> model.Schedule:
        week = Week(schedule.zone, parse_hours(schedule.open))
        return model.Schedule(name, week, self._source(("schedules", name)))


def _written(document: Document, section: str) -> dict[str, str]:
    """Return how each number of a section is written."""
    root = document.root
    entries = root.get(section) if isinstance(root, dict) else None
    return {normal(text): text for text in entries} if isinstance(entries, dict) else {}
