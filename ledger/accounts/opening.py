"""What opens a door: random secrets that are shown once, of which the database keeps a hash and the chain a seal."""

import secrets

from sqlalchemy import Connection

from ledger.store.database import hashing_of

_BYTES = 32
"""256 bits: nobody tries them out, so a plain hash keeps them."""
_LONGEST = 200


def fresh_secret() -> str:
    """A secret nobody has seen, of letters, digits, - and _."""
    return secrets.token_urlsafe(_BYTES)


def fresh_id() -> str:
    """What a session, an invitation or a token is called where people and entries speak of it. It opens nothing."""
    return secrets.token_hex(8)


def hash_of(connection: Connection, secret: str) -> str:
    """What the database keeps of a secret. Total, for any text."""
    return hashing_of(connection).hexdigest(secret[:_LONGEST].encode("utf-8", "surrogatepass"))


def seal_of(connection: Connection, kept: str) -> str:
    """What an entry holds of what the database keeps: by it verification sees that it was not put there by hand. It is
    a hash of a salted or a random hash, so that nobody learns anything from it."""
    return hashing_of(connection).hexdigest(f"duban seal {kept}".encode())
