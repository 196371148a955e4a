"""How phones register, from the file's words to settings."""

from softswitch.configuration.schema import Root
from softswitch.sip.settings import QualifySettings, RegistrarSettings


def registrar(root: Root) -> RegistrarSettings:
    security = root.security
    return RegistrarSettings(
        maximum_contacts=security.extension_phones,
        contacts_of={
            extension: employee.phones
            for extension, employee in root.employees.items()
            if employee.phones is not None
        },
        replaces_oldest=security.more_phones == "replace the oldest",
        service_route=tuple(root.network.service_route),
    )


def qualify(root: Root) -> QualifySettings:
    network = root.network
    said = {
        extension: employee.qualify
        for extension, employee in root.employees.items()
        if employee.qualify is not None
    }
    if network.qualify != "off":
        exceptions = said
    elif any(said.values()):
        exceptions = {extension: said.get(extension, False) for extension in root.employees}
    else:
        exceptions = {}
    return QualifySettings(
        period=0.0 if network.qualify == "off" and not exceptions else network.qualify_every,
        everybody=network.qualify == "all",
        exceptions=exceptions,
        misses=network.qualify_misses,
    )
