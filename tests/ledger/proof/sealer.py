"""One of several programs that seal at the same moment: waits for a line on its input, then seals, and says its key.

python -m tests.ledger.proof.sealer URL KEY_FOLDER [rotate]
"""

import sys
from pathlib import Path

from ledger.proof import checkpoints
from ledger.proof.keys import KeyFolder, KeyProblem
from ledger.store.database import Database
from rules.errors import RuleViolation
from rules.machine.commands import SYSTEM
from tests.support.factories import ADMINISTRATOR
from tests.support.world import NOW


def main(url: str, folder: str, *rotate: str) -> None:
    database, keys = Database(url, busy_timeout=30), KeyFolder(Path(folder))
    with database.read() as connection:
        checkpoints.size_now(connection)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    try:
        signer = keys.rotate(database, NOW, ADMINISTRATOR) if rotate else keys.signer(database, NOW, SYSTEM)
        checkpoints.seal(database, signer, NOW)
        sys.stdout.write(f"{signer.id}\n")
    except (KeyProblem, RuleViolation) as problem:
        sys.stdout.write(f"{problem}\n")
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
