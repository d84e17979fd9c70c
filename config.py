"""The only reader of the environment: every setting of the program, with its default and what it is for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

_ROOT = Path(__file__).resolve().parent
_DEFAULT_SECRET = "not-a-secret: for the demonstration and the tests only"


class ConfigurationError(click.ClickException):
    """A setting is missing or unsafe; the message names it and says what to set.

    One of click's own errors, so that a command ends with that sentence and not with a traceback.
    """


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings. `mode` is ``production``, ``demonstration`` or ``testing``."""

    mode: str = "production"
    database_url: str = f"sqlite:///{_ROOT / 'instance' / 'credit.sqlite3'}"
    jobs_path: str = str(_ROOT / "instance" / "jobs.sqlite3")
    secret: str = _DEFAULT_SECRET
    ledger_secret: str = ""
    https: bool = False
    trusted_proxies: int = 0
    rate_limit_storage: str = "memory://"
    card_font: str = ""  # a font file with Chinese, for student cards; otherwise one of the system's is looked for

    def __post_init__(self) -> None:
        if self.mode not in {"production", "demonstration", "testing"}:
            raise ConfigurationError(f"CREDIT_APP_MODE is {self.mode!r}: use production, demonstration or testing")
        if self.mode == "production":
            for name, value in (("SECRET", self.secret), ("LEDGER_SECRET", self.ledger_secret)):
                if value in {"", _DEFAULT_SECRET} or len(value) < 32:
                    raise ConfigurationError(
                        f"CREDIT_APP_{name} must be set to a random text of 32 characters or more. "
                        "For the demonstration set CREDIT_APP_MODE=demonstration instead."
                    )

    @property
    def demonstration(self) -> bool:
        return self.mode == "demonstration"

    @property
    def password_cost(self) -> tuple[int, int]:
        """Argon2id's memory in KiB and passes over it: RFC 9106's second choice, and next to nothing in tests, which
        hash often and guard nobody's account."""
        return (8, 1) if self.mode == "testing" else (64 * 1024, 3)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Config:
        """The settings from ``CREDIT_APP_*`` variables.

        Raises: ConfigurationError when a production program would start on a default or short secret.
        """
        env = os.environ if environ is None else environ
        names = {
            "mode": "CREDIT_APP_MODE",
            "database_url": "CREDIT_APP_DATABASE_URL",
            "jobs_path": "CREDIT_APP_JOBS_PATH",
            "secret": "CREDIT_APP_SECRET",
            "ledger_secret": "CREDIT_APP_LEDGER_SECRET",
            "rate_limit_storage": "CREDIT_APP_RATE_LIMIT_STORAGE",
            "card_font": "CREDIT_APP_CARD_FONT",
        }
        given = {field: env[name] for field, name in names.items() if env.get(name)}
        return cls(
            **given,
            https=env.get("CREDIT_APP_HTTPS", "") == "1",
            trusted_proxies=int(env.get("CREDIT_APP_TRUSTED_PROXIES") or 0),
        )
