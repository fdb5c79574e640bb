"""What a channel says when it does not take a message: about itself or about this one; for now or for good."""


class Down(Exception):
    """The channel takes nothing at present; everything waits, `pause` seconds at least."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.reason, self.pause = reason, pause


class ChannelRefused(Exception):
    """The channel will take nothing until somebody changes its key, its password or its address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PutOff(Exception):
    """This one message is to come again later."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MessageRefused(Exception):
    """This one message will never be taken."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
