"""The tables of a shared storage beside Optuna's: studies, journals, workers, leases."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

studies = Table(
    "tuner_studies",
    metadata,
    Column("name", String(512), primary_key=True),
    Column("uid", String(32), nullable=False),
    Column("spec", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("anyway", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("submitted", Float, nullable=False),
    Column("followed", BigInteger, nullable=False),
    Column("likely", Text, nullable=False),
    Column("recorded", BigInteger, nullable=False),
)
"""The other tables name a study by its `uid`. `version` counts how often it was submitted;
`followed` and `recorded` are the last lines of the journal from which trials were derived, and that
MLflow has."""

journal = Table(
    "tuner_journal",
    metadata,
    # SQLite numbers rows by itself only in a column of type INTEGER.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("study", String(512), nullable=False, index=True),
    Column("key", String(128), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("line", Text, nullable=False),
    UniqueConstraint("study", "key"),
    Index("tuner_journal_latest", "kind", "study", "id"),
)
"""Every line has a unique key, so that a line that is sent twice is stored once."""

files = Table(
    "tuner_files",
    metadata,
    Column("study", String(512), primary_key=True),
    Column("path", String(512), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

workers = Table(
    "tuner_workers",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("trains", Boolean, nullable=False),
    Column("seen", Float, nullable=False),
    Column("beat", Integer, nullable=False),
    Column("note", Text, nullable=False),
)

leases = Table(
    "tuner_claims",
    metadata,
    Column("study", String(512), primary_key=True),
    Column("what", String(64), primary_key=True),
    Column("worker", String(128), nullable=False, index=True),
    Column("deaths", Integer, nullable=False),
)
