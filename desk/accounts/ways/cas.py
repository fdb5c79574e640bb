"""CAS: the ticket that somebody comes back with is shown to the server once, which says whose it is.

After the CAS protocol 3.0, sections 2.5 and 2.8. The state travels in the service's address, which the server hands
back as it is.
"""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode
from xml.etree import ElementTree

from definitions.accounts.sign_in_file import CasWay
from desk.accounts.ways.asking import SaidToBe, Service, WayDenied
from desk.accounts.ways.journey import Journey

_CAS = "{http://www.yale.edu/tp/cas}"
_XML_LENGTH = 64 * 1024


class CasGate:
    """One CAS server."""

    def __init__(self, way: CasWay) -> None:
        self.way = way
        self._service = Service(way.how, way.ca_file)

    async def departure(self, journey: Journey, returns: str, now: datetime) -> str:
        """Where to send somebody, who comes back to the address `returns`."""
        return f"{self.way.address}/login?{urlencode({'service': _service(returns, journey)})}"

    async def vouched(self, params: Mapping[str, str], journey: Journey, returns: str, now: datetime) -> SaidToBe:
        """Whose ticket that is. Raises WayUnanswered, WayDenied."""
        stub = params.get("ticket", "")
        if not stub.startswith("ST-"):
            raise WayDenied(f"{self.way.how}: no stub")
        query = {"service": _service(returns, journey), "ticket": stub}
        async with self._service.in_time():
            answer = await self._service.get(f"{self.way.address}/p3/serviceValidate", query)
        success = self._parsed(answer).find(f"{_CAS}authenticationSuccess")
        if success is None:
            raise WayDenied(f"{self.way.how}: its stub is refused")
        user = (success.findtext(f"{_CAS}user") or "").strip()
        if not self.way.claim:
            return SaidToBe(subject=user, claimed=user)
        values = success.findall(f"{_CAS}attributes/{_CAS}{self.way.claim}")
        claimed = (values[0].text or "").strip() if len(values) == 1 else ""
        return SaidToBe(subject=user, claimed=claimed)

    async def farewell(self, returns: str, now: datetime) -> str:
        """Where somebody is signed out there too."""
        return f"{self.way.address}/logout?{urlencode({'service': returns})}"

    def _parsed(self, answer: bytes) -> ElementTree.Element:
        """The answer, where it is XML that declares nothing: entities and outer files begin with a DOCTYPE."""
        try:
            text = answer.decode("utf-8")
            if len(text) > _XML_LENGTH or "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
                raise WayDenied(f"{self.way.how}: the answer is no plain XML")
            return ElementTree.fromstring(text)
        except (ElementTree.ParseError, ValueError):
            raise WayDenied(f"{self.way.how}: the answer is no XML") from None


def _service(returns: str, journey: Journey) -> str:
    """What the server knows this site and this journey by: the same when it asks and when it answers."""
    return f"{returns}?{urlencode({'state': journey.state})}"
