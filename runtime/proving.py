"""A proof bundle by command: the key, the files and the checkpoint where the settings say, the timeline as reports have
it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from desk.timeline import timeline_of
from documents.reports.timeline import as_html, as_pdf
from ledger.proof import bundles
from ledger.proof.checkpoints import Checkpoint
from ledger.proof.keys import KeyProblem, Signer
from ledger.proof.proving import MadeProof, ProofRequest, prove
from ledger.proof.score_basis import score_basis
from ledger.scores.streams import stream_of_scores
from ledger.store.database import Database
from rules.machine.commands import Actor
from runtime.ending import Problem
from runtime.sealing import key_folder, seal_now
from runtime.settings import Settings
from runtime.store import evidence_store


def prove_item(
    settings: Settings,
    database: Database,
    no: str,
    target: Path,
    *,
    actor: Actor,
    evidence: bool = True,
    pdf: bool = True,
) -> MadeProof:
    """The bundle stands in `target`, sealed up to the item's newest entry. Raises as `ledger.proof.proving.prove` does,
    and Problem when the key or the file outside cannot be used."""
    now = datetime.now(UTC)
    request = ProofRequest(
        no=no,
        actor=actor,
        now=now,
        signer=_signer(settings, database, now, actor),
        seal=lambda: seal_now(settings, database, actor),
        timeline=partial(readable, pdf=pdf),
        files=evidence_store(settings, database) if evidence else None,
    )
    return prove(database, request, target)


def prove_scores(
    settings: Settings, database: Database, assessment: str, unit: str, target: Path, *, actor: Actor
) -> MadeProof:
    """The same of the unit's scores in the assessment, with all that they rest on. Nothing to read goes into it: that
    is the unit's result sheet."""
    now = datetime.now(UTC)
    request = ProofRequest(
        no=stream_of_scores(assessment, unit),
        actor=actor,
        now=now,
        signer=_signer(settings, database, now, actor),
        seal=lambda: seal_now(settings, database, actor),
        timeline=lambda *_: dict,
        files=None,
        basis=score_basis,
    )
    return prove(database, request, target)


def _signer(settings: Settings, database: Database, now: datetime, actor: Actor) -> Signer:
    try:
        return key_folder(settings).signer(database, now, actor)
    except KeyProblem as problem:
        raise Problem(str(problem)) from problem


def readable(
    connection: Connection, no: str, checkpoint: Checkpoint, *, pdf: bool = True
) -> Callable[[], Mapping[str, bytes]]:
    """The item's timeline up to that checkpoint, read now and rendered when it is called."""
    data = timeline_of(connection, no, checkpoint)

    def render() -> Mapping[str, bytes]:
        pages = {bundles.HTML: as_html(data).encode()}
        return {**pages, bundles.PDF: as_pdf(data)} if pdf else pages

    return render
