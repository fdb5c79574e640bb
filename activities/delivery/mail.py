"""E-mail over SMTP: one connection for a run of letters, each with the Message-ID that its notices make."""

import smtplib
import ssl
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from types import TracebackType

from activities.delivery.answers import ChannelRefused, Down, MessageRefused, PutOff
from activities.delivery.letter import Letter
from definitions.channels import Mail, first_line
from rules.dates.calendar import LOCAL

TIMEOUT_SECONDS = 10.0
_NOT_AVAILABLE = 421


class MailSender:
    """An open connection to the mail server, signed in. Entering raises Down or ChannelRefused."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> "MailSender":
        try:
            self._server = smtplib.SMTP(self._mail.host, self._mail.port, timeout=TIMEOUT_SECONDS)
            if self._mail.starttls:
                self._server.starttls(context=ssl.create_default_context())
            if self._mail.user:
                self._server.login(self._mail.user, first_line(self._mail.password_file))
        except smtplib.SMTPAuthenticationError as failure:
            self._close()
            if _is_passing(failure.smtp_code):
                raise Down(_said("邮件服务器暂时不让登录", failure)) from failure
            raise ChannelRefused(_said("邮件服务器不认用户名或口令", failure)) from failure
        except (OSError, smtplib.SMTPException) as failure:
            self._close()
            raise Down(f"邮件服务器 {self._mail.host}:{self._mail.port} 连不上：{failure}") from failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._server is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._server.quit()
            self._server.close()

    def send(self, letter: Letter) -> None:
        """The server has taken the letter. Raises Down, PutOff, Refused, ChannelRefused."""
        assert self._server is not None
        try:
            mail = compose(letter, self._mail.sender)
        except ValueError as failure:  # one letter that cannot be written must not hold up the others for ever
            raise MessageRefused(f"写不成邮件：{failure}") from failure
        try:
            self._server.send_message(mail, self._mail.sender, [letter.address])
        except smtplib.SMTPRecipientsRefused as failure:
            code, words = next(iter(failure.recipients.values()))
            self._about_this_letter(f"收件人 {letter.address}", smtplib.SMTPResponseException(code, words))
        except smtplib.SMTPSenderRefused as failure:
            if _is_passing(failure.smtp_code):
                raise Down(_said("邮件服务器暂时不收", failure)) from failure
            raise ChannelRefused(_said(f"邮件服务器不收发件人 {self._mail.sender}", failure)) from failure
        except smtplib.SMTPDataError as failure:
            self._about_this_letter("内容", failure)
        except (OSError, smtplib.SMTPException) as failure:
            raise Down(f"与邮件服务器的连接断了：{failure}") from failure

    def _about_this_letter(self, what: str, failure: smtplib.SMTPResponseException) -> None:
        if failure.smtp_code == _NOT_AVAILABLE:
            raise Down(_said("邮件服务器停止服务", failure)) from failure
        if _is_passing(failure.smtp_code):
            raise PutOff(_said(f"{what}暂时不收", failure)) from failure
        raise MessageRefused(_said(f"{what}被拒收", failure)) from failure


def compose(letter: Letter, sender: str) -> EmailMessage:
    """The letter as an e-mail: plain words, and the same for screens. Whenever it is made, the Message-ID is one."""
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = f"<{letter.id}@{sender.partition('@')[2]}>"
    mail["Date"] = format_datetime(letter.made.astimezone(LOCAL))
    mail["From"] = Address("督办", addr_spec=sender)
    mail["To"] = Address(letter.to, addr_spec=letter.address)
    mail["Subject"] = letter.subject
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    mail.add_alternative(letter.page, subtype="html")
    return mail


def _is_passing(code: int) -> bool:
    return 400 <= code < 500


def _said(what: str, failure: smtplib.SMTPResponseException) -> str:
    words = failure.smtp_error
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return f"{what}：{failure.smtp_code} {' '.join(text.split())}"
