"""One unit's scores in a file, with all that they rest on: checked and reckoned again without the ledger, by us and by
programs in another language; what does not follow is found, though it is well chained and sealed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.proof import checkpoints
from ledger.proof.bundles import (
    BASIS,
    BASIS_PROOFS,
    ENTRIES,
    MANIFEST,
    PROCESS_BODIES,
    PROOFS,
    SIGNATURE,
    Proof,
    ScoreBasis,
)
from ledger.proof.checking import check
from ledger.proof.keys import KeyFolder
from ledger.proof.proving import MadeProof, ProofRequest, prove
from ledger.proof.score_basis import score_basis
from ledger.proof.trusted import TrustedKey
from ledger.scores.streams import note_scores, state_of, stream_of_scores
from ledger.store.database import Database
from ledger.store.hashing import SHA256
from rules.assessment.facts import Scored, ScoreFact
from rules.assessment.lines import LeftLine, LeftOut
from rules.assessment.state import ScoreState
from rules.machine.commands import SYSTEM
from tests.ledger.proof.bundles.bundle_checks import checked, members_of, refused
from tests.ledger.proof.verifiers import built
from tests.support import bundle_world
from tests.support.factories import ADMINISTRATOR, at
from tests.support.scores.scored import ASSESSMENT

NOW = at("2026-08-30")


class Office:
    """A copy of the county, which makes bundles."""

    def __init__(self, lived: Path, folder: Path) -> None:
        self.folder = folder
        shutil.copy(lived, folder / "duban.db")
        self.database = Database(f"sqlite:///{folder / 'duban.db'}")
        self.signer = KeyFolder(folder / "keys").signer(self.database, NOW, SYSTEM)
        self.trusted = TrustedKey(id=self.signer.id, public=self.signer.public)

    def prove(self, unit: str) -> tuple[MadeProof, Path]:
        target = self.folder / f"{unit}.zip"
        request = ProofRequest(
            no=stream_of_scores(ASSESSMENT, unit),
            actor=ADMINISTRATOR,
            now=NOW,
            signer=self.signer,
            seal=lambda: checkpoints.seal(self.database, self.signer, NOW),
            timeline=lambda *_: dict,
            files=None,
            basis=score_basis,
        )
        return prove(self.database, request, target), target

    def state(self, unit: str) -> ScoreState:
        with self.database.read() as connection:
            return state_of(connection, ASSESSMENT, unit)

    def write(self, fact: ScoreFact) -> None:
        """Somebody who has the database writes that, well chained."""
        with self.database.write() as connection:
            note_scores(connection, [fact], SYSTEM, NOW + timedelta(days=1))


@pytest.fixture
def office(half_year_lived: Path, tmp_path: Path) -> Iterator[Office]:
    made = Office(half_year_lived, tmp_path)
    yield made
    made.database.close()


@pytest.fixture(scope="session")
def go_check(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("check", tmp_path_factory.mktemp("go"))


def ran(program: Path, *arguments: str | Path) -> tuple[int, str]:
    done = subprocess.run([program, *arguments], capture_output=True, timeout=60)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_a_units_scores_are_proved_and_reckoned_again_without_the_ledger(
    office: Office, go_check: Path, go_scores: Path
) -> None:
    for unit in ("u001", "u002", "u003", "u004", "u005"):
        made, path = office.prove(unit)
        state = office.state(unit)
        found = check(path, office.trusted)
        assert found == made.checked
        assert found.item == f"~score/{ASSESSMENT}/{unit}"
        assert found.scores is not None
        assert (found.scores.wrong, found.scores.scores) == ((), sum(one.revision for one in state.scored.values()))
        status, told = ran(go_check, path, office.signer.public.hex())
        assert (status, told.split(" names")[0]) == (0, f"{found.item}: {found.entries} entries, 0")
        count = f"1 units, {found.scores.scores} scores, {found.scores.lines} lines, 0 wrong\n"
        assert ran(go_scores, path) == (0, count)
    names = list(members_of(path.read_bytes()))
    assert names == [MANIFEST, SIGNATURE, ENTRIES, PROOFS, BASIS, BASIS_PROOFS], "nobody was asked about u005"
    with_items = members_of((office.folder / "u001.zip").read_bytes())
    assert PROCESS_BODIES in with_items
    assert b'"id":"u002"' not in b"".join(with_items[name] for name in (ENTRIES, PROCESS_BODIES))


def scored_again(state: ScoreState, **said: object) -> Scored:
    last = state.scored["2026-01"]
    return replace(last, revision=last.revision + 1, lines=(), left=(), **said)  # type: ignore[arg-type]


def with_line(indicator: str, **said: object) -> Callable[[ScoreState], Scored]:
    def change(state: ScoreState) -> Scored:
        line = state.lines[indicator, "2026-01"]._replace(difference=0)
        return replace(scored_again(state), lines=(line._replace(**said),))  # type: ignore[arg-type]

    return change


def with_input(value: str, points: int) -> Callable[[ScoreState], Scored]:
    def change(state: ScoreState) -> Scored:
        line = state.lines["study", "2026-01"]
        first = line.inputs[0]._replace(value=value)
        said = line._replace(points=points, difference=points - line.points, inputs=(first, *line.inputs[1:]))
        return replace(scored_again(state), lines=(said,))

    return change


def another_report(state: ScoreState) -> Scored:
    line = state.lines["report", "2026-01"]._replace(difference=0)
    first = line.inputs[0]
    said = first._replace(entry=first.entry.replace("#2", "#1"))
    return replace(scored_again(state), lines=(line._replace(inputs=(said,)),))


NOT_APPLICABLE = LeftLine(indicator="study", period="2026-01", why=LeftOut.NOT_APPLICABLE)
FORGED: dict[str, tuple[Callable[[ScoreState], Scored], str, str]] = {
    "points": (with_line("study", points=500, difference=100), "应为 400，写的是 500", "500 of 500 points are written"),
    "a figure": (with_input("4", 500), "的依据 study（2026-01）与 YB2026-", "which does not say so"),
    "the score": (
        lambda state: scored_again(state, score=9_000),
        "2026-01 的得分不是各行之和",
        "9000 is written as the score",
    ),
    "the difference": (with_line("study", difference=5), "的差数不符", "5 is written as the difference"),
    "the revision": (lambda state: replace(scored_again(state), revision=9), "次序不连续", "revision 9 of 2026-01"),
    "the file": (lambda state: scored_again(state, version="1#000000000000"), "不在证明包里", "were never loaded"),
    "a report": (another_report, "#1 不符", "is said to be the report of 2026-01, and is not"),
    "what was counted": (with_line("study", inputs=()), "应为 0，写的是 400", "its inputs are []"),
    "what applies": (
        lambda state: replace(scored_again(state), left=(NOT_APPLICABLE,)),
        "study（2026-01）是否适用写得不符",
        "and it is left out",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_does_not_follow_is_found_though_it_is_well_chained_and_sealed(
    name: str, office: Office, go_check: Path, go_scores: Path
) -> None:
    change, told, told_by_stranger = FORGED[name]
    office.write(change(office.state("u002")))
    _, path = office.prove("u002")
    found = check(path, office.trusted).scores
    assert found is not None
    assert any(told in one for one in found.wrong), found.wrong
    assert ran(go_check, path, office.signer.public.hex())[0] == 0, "it is sealed, and that is all that is true of it"
    status, said = ran(go_scores, path)
    assert status == 1
    assert told_by_stranger in said


SCORES = f"~score/{ASSESSMENT}/u001"


def of_scores(basis: ScoreBasis | None, item: str = SCORES) -> bytes:
    lines = bundle_world.entries_of(SHA256, item=item)
    return bundle_world.packed(bundle_world.contents(evidence=False, lines=lines, item=item, basis=basis))


def test_what_scores_rest_on_is_sealed_itself_and_belongs_to_scores_only() -> None:
    lines = bundle_world.entries_of(SHA256, item=SCORES)
    own = bundle_world.contents(evidence=False, lines=lines, item=SCORES)
    right = ScoreBasis(entries=lines[:1], proofs=own.proofs[:1])
    found = checked(of_scores(right)).scores
    assert found is not None
    assert found.wrong != (), "no entry of scores is there at all"
    assert "不是证明包该有的那些" in refused(of_scores(None))
    item = bundle_world.ITEM
    sealed = bundle_world.contents(evidence=False, lines=bundle_world.entries_of(SHA256))
    assert "不是证明包该有的那些" in refused(
        of_scores(ScoreBasis(entries=sealed.entries[:1], proofs=sealed.proofs[:1]), item=item)
    )
    for wrong, told in (
        (replace(right, entries=[lines[0].replace(b"p0001", b"p0009")]), "依据的第 1 条记录不在第 7 个封存点之内"),
        (replace(right, entries=lines[:2]), "basis-proofs.jsonl 只有 1 行，应有 2 行"),
        (replace(right, proofs=[]), "basis-proofs.jsonl 只有 0 行，应有 1 行"),
        (replace(right, proofs=[Proof(position=0, path=())]), "的位置不在上一条之后"),
        (ScoreBasis(entries=lines[1::-1], proofs=own.proofs[1::-1]), "依据的第 2 条记录的位置不在上一条之后"),
        (replace(right, entries=[b"{}"]), "依据的第 1 条记录的成员不合规定"),
    ):
        assert told in refused(of_scores(wrong)), told
