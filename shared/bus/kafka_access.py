"""How a client shows Kafka who it is, and knows that it is Kafka who answers."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

Mechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]


@dataclass(frozen=True, slots=True)
class Access:
    """What brokers ask for, as PEM files and a password; nothing, unless told otherwise.

    `tls`: connections are encrypted, and a broker must show a certificate for its name that one of `ca_file`
    has signed, or one of the system's authorities if there is no such file. `cert_file` is ours, with the
    authorities between, for brokers that ask for one; its key is in `key_file`, or in the same file.
    """

    tls: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    mechanism: Mechanism = "SCRAM-SHA-512"

    def problems(self) -> Iterator[str]:
        """What is wrong with it, a sentence each, by the name of the setting."""
        if bool(self.user) != bool(self.password):
            set_, lacking = ("USER", "PASSWORD") if self.user else ("PASSWORD", "USER")
            yield f"BATON_BUS_{lacking}: is not set, and BATON_BUS_{set_} is; set both, or none"
        for name in ("ca_file", "cert_file", "key_file"):
            if getattr(self, name) is not None and not self.tls:
                yield (
                    f"BATON_BUS_{name.upper()}: is for TLS, and BATON_BUS_TLS is false; set it to true, or "
                    "nothing is encrypted"
                )
        if self.key_file is not None and self.cert_file is None:
            yield "BATON_BUS_KEY_FILE: is the key of a certificate; set BATON_BUS_CERT_FILE too"
        elif self.tls:
            yield from self._unreadable()

    def arguments(self) -> dict[str, Any]:
        """For every client of aiokafka. Files are read anew, so a new client has a renewed certificate.

        Raises OSError, as ssl.SSLError is one, for files that can not be read.
        """
        way = "SSL" if self.tls else "PLAINTEXT"
        given: dict[str, Any] = {"security_protocol": f"SASL_{way}" if self.user else way}
        if self.tls:
            given["ssl_context"] = self._context()
        if self.user:
            given |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return given

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.cert_file is not None:
            # Without a word for it, OpenSSL would ask the terminal for the password of a key.
            context.load_cert_chain(self.cert_file, self.key_file, password=lambda: "")
        return context

    def _unreadable(self) -> Iterator[str]:
        try:
            ssl.create_default_context(cafile=self.ca_file)
        except OSError as wrong:
            yield f"BATON_BUS_CA_FILE: {self.ca_file} {_why(wrong, 'certificates')}"
            return
        try:
            self._context()
        except OSError as wrong:
            key = f", or {self.key_file}," if self.key_file else ""
            yield f"BATON_BUS_CERT_FILE: {self.cert_file}{key} {_why(wrong, 'a certificate and its key')}"


OPEN: Final = Access()
"""Brokers that let everybody in, as on a network of their own."""


def _why(wrong: OSError, expected: str) -> str:
    if isinstance(wrong, ssl.SSLError):
        because = f" ({wrong.reason})" if wrong.reason else ""
        return f"can not be used{because}; expected {expected}, as PEM and not encrypted"
    return f"can not be read: {wrong.strerror}"
