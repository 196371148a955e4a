"""A switch, put together from its configuration."""

from softswitch.applications import Prompts, Troupe
from softswitch.calls.exchange import Exchange
from softswitch.calls.ports import MediaPorts
from softswitch.calls.settings import CallSettings
from softswitch.configuration.load import Loaded
from softswitch.configuration.settings import Settings
from softswitch.daemon.addresses import Addresses
from softswitch.daemon.codecs import with_codecs_there
from softswitch.daemon.credentials import Credentials
from softswitch.daemon.switch import Switch
from softswitch.identifiers import Identifiers
from softswitch.sip.endpoint import Endpoint
from softswitch.sip.settings import EndpointSettings, ProxySettings
from softswitch.watch import PACKAGES, Watch

MESSAGES = "voicemail"
RECORDINGS = "recordings"
"""Folder of all mailboxes, in the state directory."""


def compose(
    loaded: Loaded,
    addresses: Addresses,
    ports: MediaPorts,
    prompts: Prompts,
    identifiers: Identifiers,
    epoch: float,
    nonce_key: bytes,
    *,
    direct: bool = False,
    route_key: bytes = b"",
) -> Switch:
    """Return a switch that has neither sockets nor a clock.

    ports      media ports, leased ahead
    prompts    finds what is to be played
    epoch      Unix time at `now` 0
    nonce_key  secret of this process
    direct     media passes end to end where no application needs it
    route_key  secret that outlives the process; without one, dialogs of the proxy do not
    """
    settings = loaded.settings
    endpoint = Endpoint(
        endpoint_settings(settings, addresses),
        Credentials(
            settings.passwords,
            settings.realm,
            (one for listener in settings.listeners for one in listener.algorithms),
            settings.hashes,
            settings.access,
        ),
        identifiers,
        nonce_key,
        packages=PACKAGES,
        route_key=route_key,
    )
    exchange = Exchange(
        call_settings(settings, direct=direct),
        endpoint.registrar,
        ports,
        identifiers,
        epoch,
    )
    exchange.configure(with_codecs_there(loaded.configuration))
    troupe = Troupe(prompts, str(settings.state / MESSAGES), epoch)
    watch = Watch(
        exchange.knows,
        exchange.logged,
        lambda leg, by, of: endpoint.dialog_of(leg) if exchange.may_pick_up(by, of) else None,
    )
    return Switch(endpoint, exchange, troupe, watch)


def endpoint_settings(settings: Settings, addresses: Addresses) -> EndpointSettings:
    guard = settings.guard
    return EndpointSettings(
        realm=settings.realm,
        listeners=addresses.listeners,
        domain=settings.domain,
        agent=settings.agent,
        trusted=settings.trusted,
        session_timer=int(settings.limits.session_timer),
        registrar=settings.registrar,
        qualify=settings.qualify,
        proxy=ProxySettings(
            follows_redirects=settings.follow_redirects,
            leads_outside=settings.other_domains,
            patience=settings.contact_timeout,
            maximum_calls=settings.limits.calls,
            longest_call=settings.limits.duration,
        ),
        maximum_datagram=guard.datagram,
        maximum_message=guard.message,
        maximum_legs_of_extension=guard.calls_of_extension,
        bans=guard.bans,
        pace=guard.pace,
        subscriptions=guard.subscriptions,
        overload=guard.overload,
        strangers=guard.strangers,
        phone=guard.phone,
        scanners=guard.scanners,
    )


def call_settings(settings: Settings, *, direct: bool = False) -> CallSettings:
    limits = settings.limits
    return CallSettings(
        direct=direct,
        maximum_calls=limits.calls,
        maximum_duration=limits.duration,
        recordings=str(settings.state / RECORDINGS),
        recording_form=f".{settings.recordings.form}",
        dead_media=limits.silence,
        dead_media_on_hold=limits.silence_on_hold,
        contact_timeout=settings.contact_timeout,
    )
