"""OpenID Connect, the code flow with PKCE: Authlib's client for what is sent, joserfc for what comes back signed.

After OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3, RFC 7636, RFC 9207, and RFC 9700 for what to look at.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from definitions.accounts.sign_in_file import OidcWay
from desk.accounts.ways.asking import SaidToBe, Service, WayDenied, text_of
from desk.accounts.ways.journey import Journey
from rules.accounts.limits import MINUTE, SKEW

_SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures by a key that the provider alone has. Not `none`; not HS256, by which whoever knows our secret signs."""
_KEPT = timedelta(minutes=10)
"""So long what a provider says of itself is not asked again."""
_POINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Provider:
    """What the provider says of itself, and its keys, as of `at`."""

    told: dict[str, Any]
    keys: KeySet
    at: datetime


class OidcGate:
    """One provider. What is kept of it here is only what it says to everybody."""

    def __init__(self, way: OidcWay) -> None:
        self.way = way
        self._service = Service(way.how, way.ca_file)
        self._kept: _Provider | None = None

    async def departure(self, journey: Journey, returns: str, now: datetime) -> str:
        """Where to send somebody, who comes back to the address `returns`. Raises WayUnanswered, WayDenied."""
        async with self._service.in_time():
            provider = await self._provider(now)
            async with self._client(provider, returns) as client:
                url, _ = client.create_authorization_url(
                    provider.told["authorization_endpoint"],
                    state=journey.state,
                    nonce=journey.nonce,
                    code_verifier=journey.verifier,
                )
        return str(url)

    async def vouched(self, params: Mapping[str, str], journey: Journey, returns: str, now: datetime) -> SaidToBe:
        """Who came back with that. Raises WayUnanswered, WayDenied."""
        if params.get("error"):
            raise WayDenied(f"{self.way.how}: the provider said no")
        if not params.get("code"):
            raise WayDenied(f"{self.way.how}: no code")
        async with self._service.in_time():
            provider = await self._provider(now)
            self._check_sender(provider, params)
            async with self._client(provider, returns) as client:
                token = await self._token(client, provider, params["code"], journey.verifier)
                claims = await self._claims(token, provider, journey.nonce, now)
                subject, claimed = claims["sub"], text_of(claims.get(self.way.claim))
                if not claimed and provider.told.get("userinfo_endpoint"):
                    more = await self._userinfo(provider, str(token["access_token"]))
                    if more.get("sub") != subject:
                        raise WayDenied(f"{self.way.how}: userinfo is of another sub")
                    claimed = text_of(more.get(self.way.claim))
        return SaidToBe(subject=subject, claimed=claimed)

    async def farewell(self, returns: str, now: datetime) -> str:
        """Where somebody is signed out at the provider too; empty where it has no such place. Raises WayUnanswered."""
        async with self._service.in_time():
            told = (await self._provider(now)).told
        if not told.get("end_session_endpoint"):
            return ""
        query = urlencode({"client_id": self.way.client_id, "post_logout_redirect_uri": returns})
        point = str(told["end_session_endpoint"])
        return f"{point}{'&' if '?' in point else '?'}{query}"

    async def _provider(self, now: datetime, *, keys_since: datetime | None = None) -> _Provider:
        """What it says of itself; asked again after a while, or where its keys have to be newer than that."""
        kept = self._kept
        if kept and kept.at <= now < kept.at + _KEPT and (keys_since is None or kept.at > keys_since):
            return kept
        told = await self._service.get_json(f"{self.way.issuer.rstrip('/')}/.well-known/openid-configuration", {})
        if told.get("issuer") != self.way.issuer:
            raise WayDenied(f"{self.way.how}: it calls itself {str(told.get('issuer'))[:100]!r}, not as in the file")
        encrypted = self.way.issuer.startswith("https://")
        for point in (*_POINTS, "userinfo_endpoint", "end_session_endpoint"):
            address = told.get(point)
            if point in _POINTS and not address:
                raise WayDenied(f"{self.way.how}: it has no {point}")
            if address and not (
                isinstance(address, str) and address.startswith(("https://", "http://")[: 2 - encrypted])
            ):
                raise WayDenied(f"{self.way.how}: its {point} is not encrypted")
        try:
            keys = KeySet.import_key_set(await self._service.get_json(told["jwks_uri"], {}))  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError) as failure:
            raise WayDenied(f"{self.way.how}: its keys cannot be read") from failure
        self._kept = _Provider(told=told, keys=keys, at=now)
        return self._kept

    def _client(self, provider: _Provider, returns: str) -> AsyncOAuth2Client:
        offered = provider.told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        by_header = "client_secret_basic" in offered or "client_secret_post" not in offered
        client = AsyncOAuth2Client(
            client_id=self.way.client_id,
            client_secret=self.way.secret,
            token_endpoint_auth_method="client_secret_basic" if by_header else "client_secret_post",
            code_challenge_method="S256",
            scope=" ".join(("openid", *self.way.scopes)),
            redirect_uri=returns,
            transport=self._service.transport(),
            trust_env=False,
            follow_redirects=False,
        )
        client.register_client_auth_method(("client_secret_basic", _basic))
        return client

    def _check_sender(self, provider: _Provider, params: Mapping[str, str]) -> None:
        """The answer is this provider's and not another one's (RFC 9207)."""
        sender, says = params.get("iss"), provider.told.get("authorization_response_iss_parameter_supported")
        if (sender is not None or says is True) and sender != self.way.issuer:
            raise WayDenied(f"{self.way.how}: the answer is another issuer's")

    async def _token(self, client: AsyncOAuth2Client, provider: _Provider, code: str, verifier: str) -> dict[str, Any]:
        try:
            token: dict[str, Any] = await client.fetch_token(
                provider.told["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
            )
        except OAuthError as refused:
            raise WayDenied(f"{self.way.how}: no token for the code ({str(refused.error)[:40]!r})") from None
        except ValueError:
            raise WayDenied(f"{self.way.how}: the token's answer cannot be read") from None
        if not isinstance(token.get("id_token"), str) or not isinstance(token.get("access_token"), str):
            raise WayDenied(f"{self.way.how}: no id token")
        return token

    async def _claims(self, token: dict[str, Any], provider: _Provider, nonce: str, now: datetime) -> CodeIDToken:
        """What the id token says, which is signed by the provider, for this site, now, for this journey."""
        try:
            try:
                signed = self._verified(token["id_token"], provider.keys)
            except JoseError:
                # It may have new keys; not asked for more than once a minute, whatever is sent.
                newer = await self._provider(now, keys_since=now - MINUTE)
                if newer is provider:
                    raise
                signed = self._verified(token["id_token"], newer.keys)
            claims = CodeIDToken(
                signed.claims,
                signed.header,
                {
                    "iss": {"essential": True, "value": self.way.issuer},
                    "aud": {"essential": True, "value": self.way.client_id},
                    "nonce": {"essential": True, "value": nonce},
                },
                {"nonce": nonce, "client_id": self.way.client_id, "access_token": token["access_token"]},
            )
            claims.validate(now=int(now.timestamp()), leeway=int(SKEW.total_seconds()))
        except (JoseError, ValueError, TypeError, KeyError) as refused:
            raise WayDenied(f"{self.way.how}: the id token is refused ({type(refused).__name__})") from None
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise WayDenied(f"{self.way.how}: the id token is of nobody")
        return claims

    def _verified(self, id_token: str, keys: KeySet) -> jwt.Token:
        return jwt.decode(id_token, keys, registry=JWSRegistry(algorithms=list(_SIGNED_BY), strict_check_header=False))

    async def _userinfo(self, provider: _Provider, access_token: str) -> dict[str, Any]:
        point = provider.told["userinfo_endpoint"]
        return await self._service.get_json(point, {}, {"Authorization": f"Bearer {access_token}"})


def _basic(
    client: AsyncOAuth2Client, method: str, uri: str, headers: dict[str, str], body: str
) -> tuple[str, dict[str, str], str]:
    """Id and secret in the header, each encoded as in a form before (RFC 6749, section 2.3.1): Authlib's own leaves
    that out, and a secret with a + or a % is another one then."""
    shown = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {base64.b64encode(shown.encode()).decode()}"
    return uri, headers, body
