"""Everything a site configures, read from ``cleanclaim.toml`` in the home and from ``CLEANCLAIM_*``.

The home is one folder: settings, the embedded ledger, the archive of raw files, Data Docs, Prefect's
own database. Environment variables win over the file, so that a secret never has to be written down.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

SETTINGS_FILE = "cleanclaim.toml"


class ConfigurationError(Exception):
    """The configuration cannot be used; the message names the setting, never its value."""


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file says; raises ConfigurationError naming the file and the place."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path.name} is not valid TOML: {error}") from None


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Practice(_Section):
    """The billing provider of 2010AA and the submitter of 1000A."""

    name: str = Field("", description="Legal name as enrolled with the payers, NM1*85 NM103.")
    npi: str = Field("", description="Organisation NPI (type 2), NM109.")
    tax_id: SecretStr = Field(SecretStr(""), description="Employer id for REF*EI; digits only.")
    taxonomy: str = Field("", description="NUCC taxonomy of the practice, PRV*BI.")
    street: str = Field("", description="Street address; a PO box belongs in the pay-to address.")
    city: str = Field("", description="City of the billing address.")
    state: str = Field("", description="State of the billing address, two letters.")
    zip: str = Field("", description="Nine-digit ZIP of the billing address.")
    contact: str = Field("BILLING OFFICE", description="Submitter contact, PER02.")
    phone: str = Field("", description="Submitter contact telephone, PER04; digits only.")
    REQUIRED: ClassVar[tuple[str, ...]] = (
        "name",
        "npi",
        "tax_id",
        "taxonomy",
        "street",
        "city",
        "state",
        "zip",
        "phone",
    )

    def missing(self) -> list[str]:
        """Names of the settings that no claim can do without and that are blank."""
        values = {name: getattr(self, name) for name in self.REQUIRED}
        plain = {name: v.get_secret_value() if isinstance(v, SecretStr) else v for name, v in values.items()}
        return [f"practice.{name}" for name, value in plain.items() if not value.strip()]

    place_of_service: str = Field("11", description="Place of service where an encounter names none.")
    ways_to_pay: list[str] = Field(
        [],
        description="How patients can pay, one line each on a statement; none is by check and by telephone.",
    )
    help_line: str = Field(
        "",
        description="Telephone and hours for questions about a statement; blank takes the practice's phone.",
    )
    financial_assistance: str = Field(
        "",
        description="The practice's own notice of financial assistance on a statement; blank takes a general one.",
    )
    statement_due_days: int = Field(30, ge=1, description="Days from a statement to its due date.")
    statement_least_cents: int = Field(
        500, ge=1, description="No statement is made for a smaller balance than this many cents."
    )


@dataclass(frozen=True)
class Archive:
    """Where raw files are kept by sha256, and the keys that seal them; blank keeps them as they came."""

    folder: Path
    keys: str = field(default="", repr=False)

    def __fspath__(self) -> str:
        return str(self.folder)


class Partner(_Section):
    """A clearinghouse or direct payer: where files go and where answers come from."""

    host: str = Field(description="Name or address of the SFTP server.")
    port: int = Field(22, description="Port of the SFTP server.")
    username: str = Field(description="Login name.")
    password: SecretStr | None = Field(None, description="Password, where the partner asks for one.")
    key_file: Path | None = Field(None, description="Private key file; relative paths start at the home.")
    host_key: str = Field(
        "", description="The pinned host key, 'ssh-ed25519 AAAA…'. Empty refuses to connect."
    )
    upload_dir: str = Field("/SendFiles", description="Remote folder for what we send.")
    download_dir: str = Field("/ReceiveFiles", description="Remote folder that the answers arrive in.")
    settle_seconds: float = Field(
        60.0, ge=0, description="A remote file must keep its size and time this long."
    )
    delete_remote: bool = Field(False, description="Delete a remote file after it is safely ours.")
    timeout_seconds: float = Field(30.0, gt=0, description="Limit for connecting and for one answer.")
    attempts: int = Field(4, ge=1, description="Tries before the partner counts as unreachable.")
    sender_id: str = Field(description="Our id at this partner: ISA06, GS02, 1000A.")
    sender_qualifier: str = Field("ZZ", description="Qualifier of the sender id, ISA05.")
    receiver_id: str = Field(description="The partner's id: ISA08, GS03, 1000B.")
    receiver_qualifier: str = Field("ZZ", description="Qualifier of the receiver id, ISA07.")
    receiver_name: str = Field(description="The partner's name, 1000B NM103.")
    usage: Literal["T", "P"] = Field("T", description="ISA15: T for test, P for production.")
    sandbox_root: Path | None = Field(
        None,
        description="Folder of the built-in sandbox: where nothing answers at the port, a run serves it itself.",
    )
    sandbox_seed: int = Field(0, description="Seed of the sandbox's adjudicator.")
    claims_per_transaction: int = Field(5000, ge=1, le=5000, description="Most claims in one ST.")


class Source(_Section):
    """A database that encounters are pulled from, incrementally."""

    url: SecretStr = Field(description="SQLAlchemy URL of the source database.")
    query: str = Field(description="Query with a :watermark parameter; its columns are those of encounters.")
    watermark_column: str = Field(description="Column of the query's result that only grows.")
    watermark_start: str = Field("", description="Watermark of the first pull.")


class AppealTerms(_Section):
    """What a payer's contract or plan says of appeals, where it is not what its class says in general."""

    track: str = Field(
        "",
        description="Levels of appeal, see configs/reference/appeal_levels.tsv; blank takes the payer's class.",
    )
    days: list[int] = Field(
        [],
        description="Days to file each level, the first one first; blank takes the payer's record and the table.",
    )
    address: list[str] = Field([], description="Where appeals go: lines of the address on the letter.")


class Limits(_Section):
    """The clocks on silence, in days."""

    days_without_999: int = Field(1, description="A file without a 999 becomes work after this many days.")
    days_without_277ca: int = Field(
        2, description="A claim without a 277CA becomes work after this many days."
    )
    days_without_835: int = Field(30, description="A claim without an 835 becomes work after this many days.")
    banking_days_apart: int = Field(
        3, description="A deposit or remittance without the other becomes work after this many banking days."
    )
    banking_days_for_check: int = Field(
        10,
        description="A remittance paid by check becomes work without a deposit after this many banking days.",
    )


class Retention(_Section):
    """How long raw files are kept (retention.tsv: ten years of remittances, of answers, and of what was sent)."""

    years: int = Field(10, ge=6, description="Years that raw files are kept before they may be let go.")
    hold: bool = Field(
        False, description="Let go of nothing: an audit, an investigation or a lawsuit is under way."
    )


class Billing(_Section):
    """How claims are put together."""

    date_window_days: int = Field(1, ge=1, le=31, description="Days of service that may share one claim.")
    cutoff: time = Field(
        time(18, 30), description="Local time that dates the day's interchange (ISA09, ISA10)."
    )
    time_zone: str = Field("America/New_York", description="Time zone of the practice and of the schedules.")
    timely_margin_days: int = Field(15, ge=0, description="Warn this many days before a filing limit.")


class Worklist(_Section):
    """What the priority of an item rests on."""

    recovery_cases: int = Field(
        10, ge=0, description="As many past cases the table of recovery rates counts as, where there are few."
    )
    recovery_percent: dict[str, Annotated[int, Field(ge=0, le=100)]] = Field(
        default_factory=dict,
        description="Percent expected of what is recoverable, by queue or category of denial, instead of the table's.",
    )


class WriteOffs(_Section):
    """Policies by which the practice lets go without asking a person; zero is never."""

    patient_small_balance_cents: int = Field(
        0,
        ge=0,
        description="Patients' shares up to this many cents are written off once the last payer answered.",
    )
    payer_small_balance_cents: int = Field(
        0,
        ge=0,
        description="Rests of payers up to this many cents are written off once the claim is answered.",
    )

    def any(self) -> bool:
        """Whether any policy is on."""
        return bool(self.patient_small_balance_cents or self.payer_small_balance_cents)


class Metrics(_Section):
    """How the office's figures are taken."""

    window_days: int = Field(90, ge=1, description="Days that the figures look back from the day asked for.")
    annual_rate_basis_points: int = Field(
        800, ge=0, description="What money costs a year, in hundredths of a percent: for the cost of delay."
    )


class Settings(BaseSettings):
    """All settings of one home."""

    model_config = SettingsConfigDict(
        env_prefix="CLEANCLAIM_", env_nested_delimiter="__", extra="forbid", hide_input_in_errors=True
    )

    home: Path = Field(Path(".cleanclaim"), description="The home folder.")
    database_url: SecretStr | None = Field(None, description="Ledger URL; empty means SQLite in the home.")
    id_key: SecretStr = Field(
        SecretStr(""), description="Secret that makes claim ids opaque; 'cleanclaim init' draws one."
    )
    archive_key: SecretStr = Field(
        SecretStr(""),
        description="Keys that seal archived files, blanks between; the first seals. Blank keeps them as they came.",
    )
    retry_seconds: list[float] = Field(
        [5.0, 30.0], description="Pauses before a stage that talks to a partner is tried again."
    )
    lock_wait_seconds: float = Field(
        600.0, ge=0, description="How long a run waits for another run on the same ledger to end."
    )
    practice: Practice = Field(
        default_factory=lambda: Practice.model_validate({}), description="The practice."
    )
    partners: dict[str, Partner] = Field(default_factory=dict, description="Clearinghouses by short name.")
    sources: dict[str, Source] = Field(
        default_factory=dict, description="Databases that encounters come from."
    )
    appeals: dict[str, AppealTerms] = Field(
        default_factory=dict, description="What payers say of appeals, by payer id."
    )
    limits: Limits = Field(
        default_factory=lambda: Limits.model_validate({}), description="Clocks on silence."
    )
    retention: Retention = Field(
        default_factory=lambda: Retention.model_validate({}), description="How long raw files are kept."
    )
    billing: Billing = Field(
        default_factory=lambda: Billing.model_validate({}), description="Claim building."
    )
    worklist: Worklist = Field(
        default_factory=lambda: Worklist.model_validate({}), description="Priority of work."
    )
    write_offs: WriteOffs = Field(
        default_factory=lambda: WriteOffs.model_validate({}), description="Policies of letting go."
    )
    metrics: Metrics = Field(
        default_factory=lambda: Metrics.model_validate({}), description="The office's figures."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the home's file (passed as init values)."""
        return env_settings, init_settings

    @cached_property
    def ledger_url(self) -> str:
        """SQLAlchemy URL of the ledger."""
        if self.database_url and self.database_url.get_secret_value():
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home / 'ledger.sqlite'}"

    @property
    def archive(self) -> Archive:
        """Raw files, by sha256, write-once."""
        return Archive(self.home / "archive", self.archive_key.get_secret_value())

    @property
    def staging(self) -> Path:
        """Files on their way in or out."""
        return self.home / "staging"

    @property
    def data_docs(self) -> Path:
        """Great Expectations' pages."""
        return self.home / "data_docs"

    @property
    def prefect_home(self) -> Path:
        """Prefect's profile and database, where the home runs its own server."""
        return self.home / "prefect"


def load_settings(home: Path | str | None = None) -> Settings:
    """Settings of `home` (default ``$CLEANCLAIM_HOME``, else ``./.cleanclaim``).

    Raises ConfigurationError naming the first setting that is wrong; values are never repeated.
    """
    root = Path(home or os.environ.get("CLEANCLAIM_HOME") or ".cleanclaim").absolute()
    values: dict[str, Any] = {}
    path = root / SETTINGS_FILE
    if path.exists():
        values = read_toml(path)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{SETTINGS_FILE}: {where}: {first['type']}") from None
    settings.home = root
    return settings
