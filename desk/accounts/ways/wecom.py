"""WeCom (企业微信, 政务微信): the code that somebody comes back with says which member of the organisation it was.

After developer.work.weixin.qq.com/document/path/98152 (sending away), 91039 (the token) and 98176 (who it was). Whoever
is no member has no `userid` there, and is nobody here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from definitions.accounts.sign_in_file import WecomWay
from desk.accounts.ways.asking import SaidToBe, Service, WayDenied, WayUnanswered, text_of
from desk.accounts.ways.journey import Journey

_BUSY = {-1, 45009}
"""The service itself is busy, or was asked too often: nothing is wrong with who asks."""


class WecomGate:
    """One organisation's application at WeCom."""

    def __init__(self, way: WecomWay) -> None:
        self.way = way
        self._service = Service(way.how, way.ca_file)

    async def departure(self, journey: Journey, returns: str, now: datetime) -> str:
        """Where to send somebody, who comes back to the address `returns`."""
        query = {
            "login_type": "CorpApp",
            "appid": self.way.corp,
            "agentid": self.way.agent,
            "redirect_uri": returns,
            "state": journey.state,
            # These for the page inside the application itself (91022); the one to scan does not look at them.
            "response_type": "code",
            "scope": "snsapi_base",
        }
        return f"{self.way.page}?{urlencode(query)}#wechat_redirect"

    async def vouched(self, params: Mapping[str, str], journey: Journey, returns: str, now: datetime) -> SaidToBe:
        """Which member came back with that code. Raises WayUnanswered, WayDenied."""
        if not params.get("code"):
            raise WayDenied(f"{self.way.how}: no code")
        async with self._service.in_time():
            token = await self._asked("gettoken", {"corpid": self.way.corp, "corpsecret": self.way.secret})
            said = {"access_token": text_of(token.get("access_token")), "code": params["code"]}
            found = await self._asked("auth/getuserinfo", said)
        member = text_of(found.get("userid") or found.get("UserId"))
        if not member:
            raise WayDenied(f"{self.way.how}: no member of the organisation")
        return SaidToBe(subject=member, claimed=member)

    async def farewell(self, returns: str, now: datetime) -> str:
        """Nowhere: people stay in their application."""
        return ""

    async def _asked(self, what: str, query: Mapping[str, str]) -> dict[str, Any]:
        answer = await self._service.get_json(f"{self.way.address}/cgi-bin/{what}", query)
        code = answer.get("errcode")
        if code in _BUSY:
            raise WayUnanswered(f"{self.way.how}: {what} answers {code}")
        if code != 0:
            raise WayDenied(f"{self.way.how}: {what} answers {str(code)[:20]}")
        return answer
