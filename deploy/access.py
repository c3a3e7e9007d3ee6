"""How this process gets into Kafka, as its settings say."""

from deploy.problems import CannotStart
from deploy.settings import Settings
from shared.bus.kafka_access import Access


def access_of(settings: Settings) -> Access:
    """What to show brokers, and whom to believe. Raises CannotStart with all that is wrong."""
    password = settings.bus_password
    access = Access(
        tls=settings.bus_tls,
        ca_file=settings.bus_ca_file,
        cert_file=settings.bus_cert_file,
        key_file=settings.bus_key_file,
        user=settings.bus_user,
        password=password.get_secret_value() if password else "",
        mechanism=settings.bus_sasl,
    )
    if problems := list(access.problems()):
        raise CannotStart(problems)
    return access
