"""A real web server in a process of its own that answers as the group chats' robots do, signature check included.

    python -m tests.activities.delivery.robot_server FOLDER

It prints its port. Each text that it takes is a file in FOLDER/taken. FOLDER/mode holds what it answers instead, as
{"status": 200, "body": {...}, "headers": {...}, "times": n}: so many times, then it takes texts again. The key is KEY,
the secret SECRET; signatures are worked out here from the services' own descriptions, not with the product's code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY, SECRET = "key-1/2", "SECdeadbeef"
HOUR = 3600


def dingtalk(query: dict[str, list[str]], body: dict[str, Any]) -> dict[str, Any]:
    """https://open.dingtalk.com: errcode 0 when token and signature are right and the stamp is not an hour old."""
    if query["access_token"] != [KEY]:
        return {"errcode": 300001, "errmsg": "token is not exist"}
    stamp = query["timestamp"][0]
    digest = hmac.new(SECRET.encode(), (stamp + "\n" + SECRET).encode(), digestmod=hashlib.sha256).digest()
    if query["sign"] != [base64.b64encode(digest).decode()] or abs(time.time() * 1000 - int(stamp)) > HOUR * 1000:
        return {"errcode": 310000, "errmsg": "sign not match"}
    return {"errcode": 0, "errmsg": "ok", "text": body["text"]["content"]}


def feishu(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """https://open.feishu.cn: code 0; the key stands in the path, stamp and signature in the body."""
    if path.rpartition("/hook/")[2] != "key-1%2F2":
        return {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}
    signed = (body["timestamp"] + "\n" + SECRET).encode()
    digest = hmac.new(signed, digestmod=hashlib.sha256).digest()
    if body["sign"] != base64.b64encode(digest).decode() or abs(time.time() - int(body["timestamp"])) > HOUR:
        return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
    return {"code": 0, "msg": "success", "data": {}, "text": body["content"]["text"]}


def wecom(query: dict[str, list[str]], body: dict[str, Any]) -> dict[str, Any]:
    """https://developer.work.weixin.qq.com: errcode 0; a text of more than 2048 bytes is refused."""
    if query["key"] != [KEY]:
        return {"errcode": 93000, "errmsg": "invalid webhook url"}
    if len(body["text"]["content"].encode()) > 2048:
        return {"errcode": 40058, "errmsg": "content size out of limit"}
    return {"errcode": 0, "errmsg": "ok", "text": body["text"]["content"]}


class Handler(BaseHTTPRequestHandler):
    """One post."""

    folder: Path
    lock = threading.Lock()
    number = 0

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with Handler.lock:
            status, headers, answer = self._told() or self._answer(body)
            text = answer.pop("text", None)
            if text is not None:
                Handler.number += 1
                (self.folder / "taken" / f"{Handler.number:06d}").write_text(text)
        sent = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(sent)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)

    def _told(self) -> tuple[int, dict[str, str], dict[str, Any]] | None:
        mode = self.folder / "mode"
        told = json.loads(mode.read_text() or "null")
        if not told or told["times"] == 0:
            return None
        mode.write_text(json.dumps({**told, "times": told["times"] - 1}))
        return told["status"], told.get("headers", {}), told["body"]

    def _answer(self, body: dict[str, Any]) -> tuple[int, dict[str, str], dict[str, Any]]:
        at = urlsplit(self.path)
        query = parse_qs(at.query)
        if at.path == "/cgi-bin/webhook/send":
            return 200, {}, wecom(query, body)
        if at.path == "/robot/send":
            return 200, {}, dingtalk(query, body)
        return 200, {}, feishu(at.path, body)

    def log_message(self, *said: object) -> None:
        """Nothing on standard error."""


@dataclass(slots=True)
class RobotServer:
    """The server as a test sees it."""

    folder: Path
    address: str
    process: Popen[str]

    def answer(self, body: dict[str, Any], *, status: int = 200, after: str = "") -> None:
        """The next post is answered like that; `after`: with that Retry-After."""
        told = {"status": status, "body": body, "times": 1, "headers": {"Retry-After": after} if after else {}}
        (self.folder / "mode").write_text(json.dumps(told))

    def taken(self) -> list[str]:
        """Every text that it took."""
        return [file.read_text() for file in sorted((self.folder / "taken").iterdir())]


@contextmanager
def robot_server(folder: Path) -> Iterator[RobotServer]:
    """A running server, until the block ends."""
    (folder / "taken").mkdir(parents=True)
    (folder / "mode").write_text("")
    command = [sys.executable, "-m", "tests.activities.delivery.robot_server", str(folder)]
    process = Popen(command, stdin=PIPE, stdout=PIPE, text=True)
    assert process.stdout
    try:
        yield RobotServer(folder=folder, address=f"http://127.0.0.1:{int(process.stdout.readline())}", process=process)
    finally:
        process.kill()
        process.communicate()


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    Handler.folder = Path(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()
