"""The second factor: a security key (WebAuthn) that those who keep accounts show besides. Whoever has none yet adds the
first as they come in; more of them on their own page.

After Web Authentication Level 2, sections 7.1 and 7.2, by the library `webauthn`. What is signed is a hash of the
secret in the browser's own cookie, so that nothing has to be remembered and no other browser's answer fits.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    options_to_json_dict,
    parse_authentication_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from desk.accounts.entrance import Admitted, Entrance
from desk.accounts.keeping import themselves
from desk.caller import Caller
from ledger.accounts import accounts, security_keys
from ledger.accounts.security_keys import HalfIn, KnownKey
from rules.characters import UNPRINTABLE
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor

SITE_NAME = "督办"
NAME_MOST = 20
SHOWN_MOST = 20_000
"""Characters of what a browser sends of a key."""
_FIRST_NAME = "第一把"
_TOUCH = UserVerificationRequirement.DISCOURAGED
"""A touch is enough: the password, or who vouched, is the other factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyQuestion:
    """What the browser is to ask of a key: `options` as navigator.credentials takes them. `adds`: the first one is
    added, since the person has none."""

    options: dict[str, Any]
    adds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """Asking for keys. `origin`: the site's own, as browsers say it; keys belong to its name."""

    entrance: Entrance
    origin: str

    def question(self, secret: str, now: datetime) -> KeyQuestion:
        """What to ask of whoever is half in with that secret. Raises key_refused."""
        with self.entrance.database.read() as connection:
            half = security_keys.half_in(connection, secret, now)
            if half is None:
                raise RuleViolation(Code.KEY_REFUSED)
            keys = security_keys.keys_of(connection, half.person)
            if not keys:
                return KeyQuestion(options=self._registration(connection, half.person, secret, keys), adds=True)
        options = generate_authentication_options(
            rp_id=self._name,
            challenge=_challenge(secret),
            allow_credentials=_described(keys),
            user_verification=_TOUCH,
        )
        return KeyQuestion(options=options_to_json_dict(options), adds=False)

    def answer(self, secret: str, shown: str, *, address: str, agent: str, now: datetime, old: str = "") -> Admitted:
        """Whoever is half in with that secret is in, by the key that answered. Raises key_refused, sign_in_held."""

        def shows(connection: Connection, half: HalfIn) -> str | None:
            keys = security_keys.keys_of(connection, half.person)
            try:
                if keys:
                    return self._checked(connection, keys, shown, secret)
                me = self.entrance.at_the_site(connection, half.person)
                return self._added(connection, half.person, _FIRST_NAME, shown, secret, me, now)
            except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError):
                return None

        if len(shown) > SHOWN_MOST:
            shown = ""
        return self.entrance.show_key(secret, shows, address=address, agent=agent, now=now, old=old)

    def adding(self, caller: Caller, secret: str) -> dict[str, Any]:
        """What to ask of one more key of somebody who is in with that secret. Raises unknown_person,
        unknown_account."""
        with self.entrance.database.read() as connection:
            me = themselves(connection, caller)
            return self._registration(connection, me.id, secret, security_keys.keys_of(connection, me.id))

    def add(self, caller: Caller, secret: str, name: str, shown: str, now: datetime) -> str:
        """The caller, who is in with that secret, has one more key; its id. Raises account_refused, field_missing,
        field_too_long, control_characters."""
        kept = _check_name(name)
        with self.entrance.database.write() as connection:
            me = themselves(connection, caller)
            accounts.needed(connection, me.id)
            try:
                return self._added(connection, me.id, kept, shown[:SHOWN_MOST], secret, me, now)
            except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError):
                raise RuleViolation(Code.ACCOUNT_REFUSED, why="没有认出这把安全密钥") from None

    def _registration(self, connection: Connection, person: str, secret: str, keys: list[KnownKey]) -> dict[str, Any]:
        account = accounts.needed(connection, person)
        options = generate_registration_options(
            rp_id=self._name,
            rp_name=SITE_NAME,
            user_name=account.name,
            user_id=hashlib.sha256(f"duban person\n{person}".encode()).digest(),
            challenge=_challenge(secret),
            exclude_credentials=_described(keys),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=_TOUCH
            ),
        )
        return options_to_json_dict(options)

    def _added(
        self, connection: Connection, person: str, name: str, shown: str, secret: str, by: Actor, now: datetime
    ) -> str:
        found = verify_registration_response(
            credential=shown,
            expected_challenge=_challenge(secret),
            expected_rp_id=self._name,
            expected_origin=self.origin,
        )
        credential, public_key = (
            bytes_to_base64url(found.credential_id),
            bytes_to_base64url(found.credential_public_key),
        )
        return security_keys.add(connection, person, name, credential, public_key, found.sign_count, by, now)

    def _checked(self, connection: Connection, keys: list[KnownKey], shown: str, secret: str) -> str | None:
        """Which of the keys answered; its count goes on, so that a copy of it is found out."""
        said = parse_authentication_credential_json(shown)
        key = next((key for key in keys if key.credential == said.id), None)
        if key is None:
            return None
        found = verify_authentication_response(
            credential=said,
            expected_challenge=_challenge(secret),
            expected_rp_id=self._name,
            expected_origin=self.origin,
            credential_public_key=base64url_to_bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
        )
        security_keys.shown(connection, key.id, found.new_sign_count)
        return key.id

    @property
    def _name(self) -> str:
        return urlsplit(self.origin).hostname or ""


def _challenge(secret: str) -> bytes:
    return hashlib.sha256(f"duban security key\n{secret}".encode()).digest()


def _described(keys: list[KnownKey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential)) for key in keys]


def _check_name(name: str) -> str:
    kept = name.strip()
    if not kept:
        raise RuleViolation(Code.FIELD_MISSING, command="登记安全密钥", field="名称")
    if len(kept) > NAME_MOST:
        raise RuleViolation(Code.FIELD_TOO_LONG, field="名称", limit=f"{NAME_MOST} 个字", actual=len(kept))
    if found := UNPRINTABLE.search(kept):
        raise RuleViolation(Code.CONTROL_CHARACTERS, field="名称", position=found.start() + 1)
    return kept
