"""Proofs in a large ledger: one item's bundle, checking it as its receiver does, two checkpoints compared."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy import Connection

from definitions.catalogue import EXAMPLE
from desk.timeline import timeline_of
from documents.reports.timeline import as_html, as_pdf
from ledger.chain import entries, pinned
from ledger.directory import people
from ledger.proof import bundles, checkpoints
from ledger.proof.checkpoints import Checkpoint
from ledger.proof.keys import KeyFolder, Signer
from ledger.proof.merkle import continues
from ledger.proof.proving import ProofRequest, prove
from ledger.store import evidence
from ledger.store.database import Database, hashing_of
from ledger.store.evidence import EvidenceStore
from rules.machine.commands import SYSTEM, Actor, Command, CommandKind, UnitRef, Via
from rules.machine.folding import evolve
from rules.machine.issuing import Order, issue
from rules.machine.item import decide
from rules.machine.state import State
from rules.process import Process, Role
from runtime.bench.figures import Runs
from runtime.bench.filling import REMARK, fill
from runtime.bench.place import FINDING, SUPERVISOR, planned
from runtime.ending import Problem
from runtime.settings import Settings
from runtime.store import evidence_store

ITEM_NO = "BP2026-0001"
EVIDENCE_SIZE = 200_000
K = CommandKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A ledger with one item whose entries lie far apart, and two checkpoints: half-way and at the end."""

    database: Database
    signer: Signer
    files: EvidenceStore
    folder: Path


def prepare(database: Database, settings: Settings, runs: Runs, size: int) -> Ground:
    """The ledger holds about `size` entries, sealed in two steps."""
    signer = KeyFolder(settings.data / "keys").signer(database, datetime.now(UTC), SYSTEM)
    ground = Ground(database=database, signer=signer, files=evidence_store(settings, database), folder=settings.data)
    item = _MovingItem(ground)
    begun = perf_counter()
    for part in range(1, 5):
        fill(database, size // 4, f"F{part}")
        item.moves()
        if part % 2 == 0:
            filled = perf_counter()
            checkpoints.seal(database, signer, datetime.now(UTC))
            runs.measured(seal_half_s=perf_counter() - filled)
    runs.measured(fill_s=perf_counter() - begun)
    return ground


class _MovingItem:
    """The item, which moves on by a step whenever it is asked to."""

    def __init__(self, ground: Ground) -> None:
        self.database = ground.database
        self.now = datetime.now(UTC) - timedelta(days=60)
        with self.database.read() as connection:
            unit = people.all_units(connection)[0]
            ref = UnitRef(id=unit["id"], name=unit["name"], kind=unit["kind"], area=unit["area"])
            self.process: Process = pinned.current_process(connection, EXAMPLE, "long_term", ref.kind)
            self.calendar = pinned.current_calendar(connection)
        order = Order(no=ITEM_NO, unit=ref, title=FINDING.format(n=0), matter=(("category", "组织建设"),))
        (first,) = issue(self.process, self.calendar, order, command="issue", actor=SUPERVISOR, now=self.now).events
        self.state: State = evolve(None, first)
        with self.database.write() as connection:
            entries.store_issued(connection, [(first, None)])
        liaison = Actor(id="p2001", role=Role.LIAISON, unit=ref.id, via=Via.SITE)
        files = (self._evidence(ground),)
        self._course = iter(
            (
                Command(kind=K.SIGN, id="c1", actor=liaison),
                Command(kind=K.SUBMIT, id="c2", actor=liaison, text=REMARK, answers=planned(REMARK), evidence=files),
                Command(kind=K.RETURN, id="c3", actor=SUPERVISOR, reason=REMARK),
                Command(kind=K.SUBMIT, id="c4", actor=liaison, text=REMARK, answers=planned(REMARK), evidence=files),
            )
        )

    def moves(self) -> None:
        """The next command of its course is given."""
        self.now += timedelta(hours=20)
        command = next(self._course)
        events = decide(self.process, self.calendar, self.state, command, self.now).events
        entries.append(self.database, ITEM_NO, self.state.seq, command.id, events)
        for event in events:
            self.state = evolve(self.state, event)

    def _evidence(self, ground: Ground) -> str:
        data = os.urandom(EVIDENCE_SIZE)
        id_ = evidence.put(ground.files, data, "会议记录.bin")
        about = {"name": "会议记录.bin", "size": len(data), "media_type": "application/octet-stream"}
        with self.database.write() as connection:
            evidence.know(connection, id_, person="p2001", now=self.now, **about)  # type: ignore[arg-type]
        return id_


def measure(ground: Ground, runs: Runs) -> None:
    """One run."""
    bundle = ground.folder / "bundle.zip"
    begun = perf_counter()
    prove(ground.database, _request(ground), bundle)
    runs.add("prove_s", perf_counter() - begun)
    _check(ground, bundle, runs)
    _consistency(ground, runs)
    with ground.database.read() as connection:
        data = timeline_of(connection, ITEM_NO)
    begun = perf_counter()
    as_pdf(data)
    runs.measured(prove_pdf_s=perf_counter() - begun, bundle_kb=bundle.stat().st_size / 1024)


def _request(ground: Ground) -> ProofRequest:
    def seal() -> None:
        raise AssertionError("everything is sealed")

    return ProofRequest(
        no=ITEM_NO,
        actor=SUPERVISOR,
        now=datetime.now(UTC),
        signer=ground.signer,
        seal=seal,
        timeline=_page,
        files=ground.files,
    )


def _page(connection: Connection, no: str, checkpoint: Checkpoint) -> Callable[[], Mapping[str, bytes]]:
    """The readable timeline without its PDF, which takes a program of its own and is measured apart."""
    data = timeline_of(connection, no, checkpoint)
    return lambda: {bundles.HTML: as_html(data).encode()}


def _check(ground: Ground, bundle: Path, runs: Runs) -> None:
    """As people run it: a process of its own, with the file and the key."""
    command = [sys.executable, "-m", "runtime.cli.main", "audit", "check", str(bundle), "--key"]
    begun = perf_counter()
    done = subprocess.run([*command, ground.signer.public.hex()], capture_output=True, check=False)
    runs.add("check_s", perf_counter() - begun)
    if done.returncode:
        raise Problem(f"证明包没有通过核对：{done.stdout.decode()}{done.stderr.decode()}")


def _consistency(ground: Ground, runs: Runs) -> None:
    """The proof between the two checkpoints is made, and checked."""
    begun = perf_counter()
    with ground.database.read() as connection:
        smaller, larger = checkpoints.by_number(connection, 1), checkpoints.by_number(connection, 2)
        path = checkpoints.consistency(connection, smaller, larger)
        hashing = hashing_of(connection)
    holds = continues(
        hashing,
        smaller=smaller.size,
        smaller_root=bytes.fromhex(smaller.root),
        size=larger.size,
        root=bytes.fromhex(larger.root),
        path=[bytes.fromhex(one) for one in path],
    )
    runs.add("consistency_s", perf_counter() - begun)
    if not holds:
        raise Problem("两个封存点之间的证明不成立。")
