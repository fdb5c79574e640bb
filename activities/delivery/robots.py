"""Robots of group chats: WeCom, DingTalk, Feishu. What is posted, how it is signed, what the answers mean.

None of them takes an id by which it would know a message again: what was being posted when the sender died is posted
once more. Each text ends with the message's short number, so that people can tell.
"""

import base64
import hashlib
import hmac
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx2

from activities.delivery.answers import ChannelRefused, Down, PutOff
from activities.delivery.letter import Letter
from definitions.channels import Robot, RobotKind, first_line

TIMEOUT_SECONDS = 10.0
THROTTLED = {
    RobotKind.WECOM: {45009},
    RobotKind.DINGTALK: {130101, 660026},
    RobotKind.FEISHU: {11232, 9499},
}
"""Answers that mean: too many messages. The services allow 20 (WeCom, DingTalk) to 100 (Feishu) a minute."""
THROTTLE_PAUSE = 60.0
WRONG = {
    RobotKind.WECOM: {93000, 40014, 40058, 93004, 93008},
    RobotKind.DINGTALK: {310000, 300001, 300005, 400013, 400101, 400102, 400105},
    RobotKind.FEISHU: {19001, 19021, 19022, 19024, 11001, 10003},
}
"""Answers that no repetition mends: the key, the signature, a keyword or an address list, a robot that was removed."""
BUSY = {-1}
BYTES = {RobotKind.WECOM: 2000, RobotKind.DINGTALK: 18_000, RobotKind.FEISHU: 18_000}
"""How long a text may be; the services' own limits (WeCom: 2048 bytes) leave room for the ending."""
ROBOT_NOTICES = 8
"""How many notices one text takes along, so that it stays readable, and within WeCom's limit."""


class RobotSender:
    """One robot's web hook."""

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self._client = httpx2.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)

    def __enter__(self) -> "RobotSender":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.close()

    def send(self, letter: Letter) -> None:
        """The service has taken the text. Raises Down, PutOff, ChannelRefused."""
        url, body = request(self._robot, letter)
        try:
            answer = self._client.post(url, json=body)
        except httpx2.HTTPError as failure:
            # Not the failure's own words: they hold the address, and with it the key.
            raise Down(f"{self._robot.name}的机器人连不上：{type(failure).__name__}") from failure
        self._judge(answer)

    def _judge(self, answer: httpx2.Response) -> None:
        robot = self._robot
        if answer.status_code == 429:
            raise Down(f"{robot.name}：消息太多（429）", _seconds(answer.headers.get("Retry-After", "")))
        if answer.status_code >= 500:
            raise Down(f"{robot.name}：服务出错（{answer.status_code}）")
        code, words = _code(answer)
        said = f"{robot.name}：{code} {words}"
        if code == 0 and answer.status_code == 200:
            return
        if code in THROTTLED[robot.kind]:
            raise Down(f"{said}（消息太多）", THROTTLE_PAUSE)
        if code in BUSY:
            raise Down(said)
        if code in WRONG[robot.kind] or answer.status_code in (401, 403, 404):
            raise ChannelRefused(f"{said}（密钥、签名、关键词或地址不对，HTTP {answer.status_code}）")
        raise PutOff(f"{said}（HTTP {answer.status_code}）")


def request(robot: Robot, letter: Letter) -> tuple[str, dict[str, Any]]:
    """Address and body of the post, signed as of `letter.made`."""
    key, secret = quote(first_line(robot.key_file), safe=""), first_line(robot.secret_file)
    text = clipped(letter, BYTES[robot.kind])
    if robot.kind is RobotKind.WECOM:
        return f"{robot.address}/cgi-bin/webhook/send?key={key}", {"msgtype": "text", "text": {"content": text}}
    if robot.kind is RobotKind.DINGTALK:
        url = f"{robot.address}/robot/send?access_token={key}"
        if secret:
            stamp = str(int(letter.made.timestamp() * 1000))
            url += f"&timestamp={stamp}&sign={quote(dingtalk_sign(stamp, secret), safe='')}"
        return url, {"msgtype": "text", "text": {"content": text}}
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
    if secret:
        stamp = str(int(letter.made.timestamp()))
        body |= {"timestamp": stamp, "sign": feishu_sign(stamp, secret)}
    return f"{robot.address}/open-apis/bot/v2/hook/{key}", body


def dingtalk_sign(stamp: str, secret: str) -> str:
    """DingTalk's signature: HMAC-SHA256 of "timestamp in ms, line break, secret" under the secret, in base64."""
    return _base64(hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest())


def feishu_sign(stamp: str, secret: str) -> str:
    """Feishu's signature: HMAC-SHA256 of nothing under "timestamp in s, line break, secret", in base64."""
    return _base64(hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest())


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def clipped(letter: Letter, limit: int) -> str:
    """Subject and text within `limit` bytes of UTF-8, ending with the message's short number."""
    ending = f"\n（消息编号 {letter.id[:8]}）"
    whole = f"{letter.subject}\n\n{letter.text.rstrip()}"
    room = limit - len(ending.encode())
    if len(whole.encode()) <= room:
        return whole + ending
    more = "……\n其余见网站的收件箱"
    return whole.encode()[: room - len(more.encode())].decode("utf-8", "ignore") + more + ending


def _code(answer: httpx2.Response) -> tuple[int | None, str]:
    """The service's own code (0: taken) and its words."""
    try:
        body = answer.json()
    except ValueError:
        return None, "答复不是 JSON"
    if not isinstance(body, dict):
        return None, "答复不是一个对象"
    code = next((body[name] for name in ("errcode", "code", "StatusCode") if isinstance(body.get(name), int)), None)
    words = next((str(body[name]) for name in ("errmsg", "msg", "StatusMessage") if body.get(name)), "")
    return code, " ".join(words.split())[:200]


def _seconds(after: str) -> float:
    return min(float(after), 3600.0) if after.isdigit() else THROTTLE_PAUSE
