"""One of several programs that seal at the same moment: waits for a line on its input, then seals, and says its key.

python -m tests.ledger.sealer URL KEY_FOLDER [rotate]
"""

import sys
from pathlib import Path

from ledger import checkpoints
from ledger.database import Database
from ledger.keys import KeyFolder, KeyProblem
from rules.commands import SYSTEM
from tests.ledger.world import NOW


def main(url: str, folder: str, *rotate: str) -> None:
    database, keys = Database(url, busy_timeout=30), KeyFolder(Path(folder))
    with database.read() as connection:
        checkpoints.size_now(connection)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    try:
        signer = keys.rotate(database, NOW, SYSTEM) if rotate else keys.signer(database, NOW, SYSTEM)
        checkpoints.seal(database, signer, NOW)
        sys.stdout.write(f"{signer.id}\n")
    except KeyProblem as problem:
        sys.stdout.write(f"{problem}\n")
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
