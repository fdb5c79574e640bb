"""A real web server in a process of its own that says who somebody is, as an OpenID provider, a CAS server, WeCom and
DingTalk do, each by its own description and not with the product's code; and that can be told to lie.

    python -m tests.support.servers.elsewhere

It prints its port. What it is told by POST /told, as JSON, holds until the next: `who` (what it knows of who comes),
`back` (more that they come back with), `claims`, `header`, `token`, `sign` (good, none, hmac, foreign), `key` (0 or 1),
`status`, `slow` (seconds), `pad` (bytes), `packed`, `metadata`, `userinfo`, `answer` (instead of its own, of CAS, WeCom
and DingTalk).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import PIPE, Popen
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey

from definitions.accounts.sign_in_file import OidcWay

CLIENT, SECRET = "duban", "s3cret/+ word"
GOOD: dict[str, Any] = {"who": {"sub": "sub-1", "number": "lian"}}


class World:
    """What the server knows; one for the process."""

    told: dict[str, Any] = GOOD
    keys = (RSAKey.generate_key(2048, {"kid": "k0"}), RSAKey.generate_key(2048, {"kid": "k1"}))
    key = 0
    codes: ClassVar[dict[str, dict[str, str]]] = {}
    issued: ClassVar[set[str]] = set()


def half_hash(token: str) -> str:
    """at_hash of OpenID Connect Core 1.0, section 3.1.3.6."""
    return unpadded(hashlib.sha256(token.encode()).digest()[:16])


def unpadded(content: bytes) -> str:
    """base64url as JWS writes it."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, body: str) -> None:
        at = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(at.query).items()}
        if at.path == "/told":
            World.told = {}
            self._send(200, {})
            World.told = GOOD | json.loads(body)
            World.key = World.told.get("key", 0)
            return None
        if slow := World.told.get("slow"):
            return self._drip(slow)
        if status := World.told.get("status"):
            return self._send(status, {"error": "told so"})
        pages = {
            "/.well-known/openid-configuration": self._metadata,
            "/authorize": self._away,
            "/token": self._token,
            "/jwks": self._jwks,
            "/userinfo": self._userinfo,
            "/cas/login": self._cas_login,
            "/cas/p3/serviceValidate": self._cas_validate,
            "/wwlogin/sso/login": self._away,
            "/cgi-bin/gettoken": self._wecom_token,
            "/cgi-bin/auth/getuserinfo": self._wecom_who,
            "/oauth2/auth": self._away,
            "/v1.0/oauth2/userAccessToken": self._ding_user,
            "/v1.0/contact/users/me": self._ding_me,
            "/v1.0/oauth2/accessToken": self._ding_corp,
            "/topapi/user/getbyunionid": self._ding_member,
        }
        return pages[at.path](query, body)

    # ---- OpenID Connect

    @property
    def issuer(self) -> str:
        return f"http://{self.headers['Host']}"

    def _metadata(self, query: dict[str, str], body: str) -> None:
        points = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        told = {name: f"{self.issuer}/{path}" for name, path in points.items()}
        told |= {"issuer": self.issuer, "userinfo_endpoint": f"{self.issuer}/userinfo"}
        told |= {"end_session_endpoint": f"{self.issuer}/out"}
        self._send(200, told | World.told.get("metadata", {}))

    def _away(self, query: dict[str, str], body: str) -> None:
        """Whoever comes is known already, and goes straight back."""
        code = secrets.token_hex(8)
        World.codes[code] = query
        name = "authCode" if "prompt" in query else "code"
        self._redirect(query["redirect_uri"], {name: code, "state": query["state"]} | World.told.get("back", {}))

    def _token(self, query: dict[str, str], body: str) -> None:
        form = {name: values[0] for name, values in parse_qs(body).items()}
        asked = World.codes.pop(form.get("code", ""), None)
        basic = base64.b64decode(self.headers.get("Authorization", "Basic ").partition(" ")[2]).decode()
        hashed = unpadded(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        right = (
            asked is not None
            and [unquote_plus(part) for part in basic.split(":")] == [CLIENT, SECRET]
            and asked["code_challenge"] == hashed
            and asked["redirect_uri"] == form["redirect_uri"]
        )
        if asked is None or not right:
            return self._send(400, {"error": "invalid_grant"})
        access = secrets.token_hex(8)
        World.issued.add(access)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
            "at_hash": half_hash(access),
            **World.told["who"],
            **World.told.get("claims", {}),
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": self._signed(claims)}
        return self._send(200, signed | World.told.get("token", {}))

    def _signed(self, claims: dict[str, Any]) -> str:
        key, how = World.keys[World.key], World.told.get("sign", "good")
        if how == "none":
            return unpadded(json.dumps({"alg": "none"}).encode()) + "." + unpadded(json.dumps(claims).encode()) + "."
        if how == "hmac":  # signed with what everybody may know: the public key, or what the site knows: the secret
            with_ = key.as_pem(private=False) if World.told.get("with") == "key" else SECRET.encode()
            signed = unpadded(json.dumps({"alg": "HS256"}).encode()) + "." + unpadded(json.dumps(claims).encode())
            return f"{signed}.{unpadded(hmac.new(with_, signed.encode(), hashlib.sha256).digest())}"
        if how == "foreign":
            return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, RSAKey.generate_key(2048))
        return jwt.encode({"alg": "RS256", "kid": key.kid} | World.told.get("header", {}), claims, key)

    def _jwks(self, query: dict[str, str], body: str) -> None:
        self._send(200, {"keys": [World.keys[World.key].as_dict(private=False)]})

    def _userinfo(self, query: dict[str, str], body: str) -> None:
        if self.headers["Authorization"].removeprefix("Bearer ") not in World.issued:
            return self._send(401, {})
        return self._send(200, {"sub": World.told["who"]["sub"]} | World.told.get("userinfo", {}))

    # ---- CAS

    def _cas_login(self, query: dict[str, str], body: str) -> None:
        ticket = f"ST-{secrets.token_hex(8)}"
        World.codes[ticket] = query
        self._redirect(query["service"], {"ticket": ticket})

    def _cas_validate(self, query: dict[str, str], body: str) -> None:
        asked = World.codes.pop(query["ticket"], None)
        who = World.told["who"]
        if asked is None or asked["service"] != query["service"]:
            inner = "<cas:authenticationFailure code='INVALID_TICKET'>no</cas:authenticationFailure>"
        else:
            more = f"<cas:attributes><cas:employeeNumber>{who['number']}</cas:employeeNumber></cas:attributes>"
            inner = f"<cas:authenticationSuccess><cas:user>{who['sub']}</cas:user>{more}</cas:authenticationSuccess>"
        text = f"<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'>{inner}</cas:serviceResponse>"
        self._bytes(200, World.told.get("answer", text).encode(World.told.get("coding", "utf-8")), "text/xml")

    # ---- WeCom

    def _wecom_token(self, query: dict[str, str], body: str) -> None:
        if query != {"corpid": CLIENT, "corpsecret": SECRET}:
            return self._send(200, {"errcode": 40001, "errmsg": "invalid credential"})
        return self._send(200, {"errcode": 0, "errmsg": "ok", "access_token": "corp-token", "expires_in": 7200})

    def _wecom_who(self, query: dict[str, str], body: str) -> None:
        if query["access_token"] != "corp-token" or World.codes.pop(query["code"], None) is None:
            return self._send(200, {"errcode": 40029, "errmsg": "invalid code"})
        return self._send(200, World.told.get("answer", {"errcode": 0, "userid": World.told["who"]["number"]}))

    # ---- DingTalk

    def _ding_user(self, query: dict[str, str], body: str) -> None:
        said = json.loads(body)
        if World.codes.pop(said.pop("code"), None) is None or said != {
            "clientId": CLIENT,
            "clientSecret": SECRET,
            "grantType": "authorization_code",
        }:
            return self._send(400, {"code": "invalidParameter.authCode.notFound", "message": "no"})
        return self._send(200, {"accessToken": "user-token", "expireIn": 7200})

    def _ding_me(self, query: dict[str, str], body: str) -> None:
        if self.headers["x-acs-dingtalk-access-token"] != "user-token":
            return self._send(401, {"code": "unauthorized"})
        return self._send(200, {"nick": "x", "unionId": World.told["who"]["sub"], "openId": "o"})

    def _ding_corp(self, query: dict[str, str], body: str) -> None:
        right = json.loads(body) == {"appKey": CLIENT, "appSecret": SECRET}
        return self._send(200, {"accessToken": "corp-token", "expireIn": 7200}) if right else self._send(400, {})

    def _ding_member(self, query: dict[str, str], body: str) -> None:
        if query != {"access_token": "corp-token"} or json.loads(body) != {"unionid": World.told["who"]["sub"]}:
            return self._send(200, {"errcode": 60121, "errmsg": "not found"})
        found = {"errcode": 0, "result": {"contact_type": 0, "userid": World.told["who"]["number"]}}
        return self._send(200, World.told.get("answer", found))

    # ---- sending

    def _redirect(self, to: str, query: dict[str, str]) -> None:
        self.send_response(302)
        self.send_header("Location", f"{to}{'&' if '?' in to else '?'}{urlencode(query)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        self._bytes(status, json.dumps(answer).encode() + b" " * World.told.get("pad", 0), "application/json")

    def _bytes(self, status: int, sent: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(sent)))
        if World.told.get("packed"):
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(sent)

    def _drip(self, seconds: float) -> None:
        """A byte of the answer now and then: it never ends, and is never silent for long."""
        self.send_response(200)
        self.end_headers()
        ends = time.monotonic() + seconds
        try:
            while time.monotonic() < ends:
                self.wfile.write(b" ")
                time.sleep(0.05)
        except OSError:
            return

    def log_message(self, *said: object) -> None:
        """Nothing on standard error."""


class Elsewhere:
    """The server as a test sees it."""

    def __init__(self, address: str) -> None:
        self.address = address

    def tell(self, **told: Any) -> None:
        """It behaves so from now on; of what is not said, well."""
        httpx2.post(f"{self.address}/told", json=told, trust_env=False).raise_for_status()

    def visit(self, url: str) -> dict[str, str]:
        """What somebody's browser comes back with, who is sent there."""
        return came_back_with(httpx2.get(url, trust_env=False, follow_redirects=False))


def oidc(address: str) -> OidcWay:
    """OpenID Connect with a provider at that address, which knows this client, as a site's file has it."""
    return OidcWay(id="hr", name="统一认证", issuer=address, client_id=CLIENT, secret=SECRET, claim="number")


def came_back_with(answer: httpx2.Response) -> dict[str, str]:
    """What stands in the address to which it sends somebody back."""
    assert answer.status_code in (302, 303), answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    """A running server, until the block ends."""
    process = Popen([sys.executable, "-m", "tests.support.servers.elsewhere"], stdin=PIPE, stdout=PIPE, text=True)
    assert process.stdout
    try:
        yield Elsewhere(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.kill()
        process.communicate()


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()
