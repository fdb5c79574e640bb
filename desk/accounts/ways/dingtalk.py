"""DingTalk (钉钉, 专有钉钉): the code that somebody comes back with gives a token, that their unionId, and the
organisation's directory their user id. Anybody in the world has a unionId; only members stand in the directory.

After open.dingtalk.com: "Log on to third-party websites", "Obtain user token", "Obtain user's contact information",
"Query a user by unionId".
"""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from definitions.accounts.sign_in_file import DingtalkWay
from desk.accounts.ways.asking import SaidToBe, Service, WayDenied, WayUnanswered, text_of
from desk.accounts.ways.journey import Journey

_BUSY = {-1, 88}
"""The service is busy, or was asked too often."""
_INSIDE = 0
"""`contact_type` of a member; 1 is a contact outside."""


class DingtalkGate:
    """One organisation's application at DingTalk."""

    def __init__(self, way: DingtalkWay) -> None:
        self.way = way
        self._service = Service(way.how, way.ca_file)

    async def departure(self, journey: Journey, returns: str, now: datetime) -> str:
        """Where to send somebody, who comes back to the address `returns`."""
        query = {
            "redirect_uri": returns,
            "response_type": "code",
            "client_id": self.way.client_id,
            "scope": "openid",
            "state": journey.state,
            "prompt": "consent",
        }
        return f"{self.way.page}?{urlencode(query)}"

    async def vouched(self, params: Mapping[str, str], journey: Journey, returns: str, now: datetime) -> SaidToBe:
        """Which member came back with that code. Raises WayUnanswered, WayDenied."""
        code = params.get("authCode") or params.get("code")
        if not code:
            raise WayDenied(f"{self.way.how}: no code")
        async with self._service.in_time():
            union = await self._union(code)
            member = await self._member(union)
        return SaidToBe(subject=union, claimed=member)

    async def farewell(self, returns: str, now: datetime) -> str:
        """Nowhere: people stay in their application."""
        return ""

    async def _union(self, code: str) -> str:
        body = {
            "clientId": self.way.client_id,
            "clientSecret": self.way.secret,
            "code": code,
            "grantType": "authorization_code",
        }
        token = await self._service.post_json(f"{self.way.address}/v1.0/oauth2/userAccessToken", body, {})
        shown = {"x-acs-dingtalk-access-token": text_of(token.get("accessToken"))}
        me = await self._service.get_json(f"{self.way.address}/v1.0/contact/users/me", {}, shown)
        if not text_of(me.get("unionId")):
            raise WayDenied(f"{self.way.how}: no unionId")
        return text_of(me["unionId"])

    async def _member(self, union: str) -> str:
        body = {"appKey": self.way.client_id, "appSecret": self.way.secret}
        token = await self._service.post_json(f"{self.way.address}/v1.0/oauth2/accessToken", body, {})
        found = await self._service.post_json(
            f"{self.way.directory}/topapi/user/getbyunionid",
            {"unionid": union},
            {"access_token": text_of(token.get("accessToken"))},
        )
        code, result = found.get("errcode"), found.get("result")
        if code in _BUSY:
            raise WayUnanswered(f"{self.way.how}: the directory answers {code}")
        if code != 0 or not isinstance(result, dict) or result.get("contact_type") != _INSIDE:
            raise WayDenied(f"{self.way.how}: no member of the organisation ({str(code)[:20]})")
        member = text_of(result.get("userid"))
        if not member:
            raise WayDenied(f"{self.way.how}: no member of the organisation")
        return member
