"""The one zip that these members make: stored, bare, dated 1980. Read against the very bytes that it has to be.

Any zip program opens it, but no byte of it is free: a header holds nothing but name, size and CRC of its member, so the
reader makes each header and the whole directory itself and compares. What zip offers beyond that (compression,
encryption, zip64, links, folders, extra fields, comments, gaps, other orders) is a difference like any other, and
refused. Nothing is ever unpacked: no name out of the file reaches the file system.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

MOST = 2**32 - 2**20
"""Bytes of a container at most: below 4 GiB zip needs no second form (zip64)."""

PIECE_BYTES = 1 << 16

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = 0x04034B50, 0x02014B50, 0x06054B50
_VERSION = 10
_DATE = 1 << 5 | 1
"""1 January 1980, the first day that zip knows."""


class NotABundle(Exception):
    """The file is not what it should be. The text says what and where, in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What a header says. `name` is ASCII."""

    name: str
    size: int
    crc: int

    def local(self) -> bytes:
        """The header before the content."""
        name = self.name.encode("ascii")
        head = (_LOCAL_MARK, _VERSION, 0, 0, 0, _DATE, self.crc, self.size, self.size, len(name), 0)
        return _LOCAL.pack(*head) + name

    def central(self, offset: int) -> bytes:
        """Its line in the directory; `offset` is where its header begins."""
        name = self.name.encode("ascii")
        head = (_CENTRAL_MARK, _VERSION, _VERSION, 0, 0, 0, _DATE, self.crc, self.size, self.size, len(name))
        return _CENTRAL.pack(*head, 0, 0, 0, 0, 0, offset) + name


def _directory(members: Iterable[tuple[Member, int]], start: int) -> bytes:
    """What stands behind the last member."""
    lines = [member.central(offset) for member, offset in members]
    directory = b"".join(lines)
    return directory + _END.pack(_END_MARK, 0, 0, len(lines), len(lines), len(directory), start, 0)


def write(file: BinaryIO, contents: Iterable[tuple[Member, Iterable[bytes]]]) -> int:
    """The members stand in the file, in that order; the bytes written.

    Raises ValueError when a content is not as long, or has not the CRC, that its member says, or when all is too long.
    """
    offset, members = 0, []
    for member, content in contents:
        members.append((member, offset))
        offset += file.write(member.local())
        size = crc = 0
        for chunk in content:
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
            file.write(chunk)
        if (size, crc) != (member.size, member.crc):
            raise ValueError(f"{member.name} changed while it was being written")
        offset += size
        if offset > MOST:
            raise ValueError(f"{member.name}: {offset} bytes are more than a bundle holds")
    return offset + file.write(_directory(members, offset))


class ContainerReader:
    """A container, read once from its beginning; every call takes what has to come next, or raises Refused."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._offset = 0
        self._members: list[tuple[Member, int]] = []

    def content(self, name: str, *, most: int, size: int | None = None) -> Iterator[bytes]:
        """The bytes of the next member, in chunks. It has that name, that size, and at most so many bytes; its CRC is
        compared after the last chunk, so go to the end."""
        begun = self._offset
        head = self._take(_LOCAL.size, name)
        crc, length = struct.unpack_from("<I", head, 14)[0], struct.unpack_from("<I", head, 22)[0]
        member = Member(name=name, size=length, crc=crc)
        expected = member.local()
        if head != expected[: _LOCAL.size]:
            raise NotABundle(f"第 {begun} 字节处：{_difference(head, name)}")
        if self._take(len(name), name) != expected[_LOCAL.size :]:
            raise NotABundle(f"第 {begun} 字节处：应当是成员 {name}，名称却不是")
        if size is not None and length != size:
            raise NotABundle(f"{name} 有 {length} 字节，清单写的是 {size} 字节")
        if length > most:
            raise NotABundle(f"{name} 有 {length} 字节，最多只能有 {most} 字节")
        self._members.append((member, begun))
        found = 0
        while length:
            chunk = self._take(min(PIECE_BYTES, length), name)
            length, found = length - len(chunk), zlib.crc32(chunk, found)
            yield chunk
        if found != crc:
            raise NotABundle(f"{name} 的内容与校验码不符：文件被改动或损坏")

    def lines(self, name: str, *, most: int, size: int, line: int) -> Iterator[bytes]:
        """The lines of the next member without their line feeds, each of at most `line` bytes; the last has one too."""
        rest = b""
        for chunk in self.content(name, most=most, size=size):
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) > line or any(len(one) > line for one in whole):
                raise NotABundle(f"{name} 里有一行超过 {line} 字节")
            yield from whole
        if rest:
            raise NotABundle(f"{name} 的最后一行没有结束")

    def end(self) -> None:
        """Nothing is left but the directory that these members have."""
        expected = _directory(self._members, self._offset)
        if self._take(len(expected), "目录") != expected:
            raise NotABundle("压缩包末尾的目录与前面的成员不一致")
        if self._file.read(1):
            raise NotABundle(f"压缩包在第 {self._offset} 字节处结束，后面还有多余的内容")

    def _take(self, count: int, what: str) -> bytes:
        found = self._file.read(count)
        if len(found) != count:
            raise NotABundle(f"文件不完整：读到第 {self._offset + len(found)} 字节就没有了，{what} 还没读完")
        self._offset += count
        return found


def _difference(head: bytes, name: str) -> str:
    """What makes this header another one than a member `name` has."""
    mark, version, flags, method, _, _, _, packed, size, length, extra = _LOCAL.unpack(head)
    if mark != _LOCAL_MARK:
        return f"应当是成员 {name}，却不是任何成员的开头"
    if flags & 1:
        return "成员是加密的；证明包的成员一律不加密"
    if method or (packed != size and not flags & 8):
        return "成员是压缩过的；证明包的成员一律不压缩"
    if size == 0xFFFFFFFF or version > 20:
        return "成员用了 zip64 等扩展格式；证明包不用"
    if flags & 8:
        return "成员的大小没有写在前面；证明包一律写在前面"
    if length != len(name):
        return f"应当是成员 {name}，名称却有 {length} 字节"
    if extra:
        return "成员带有附加字段；证明包没有"
    return f"成员 {name} 的开头与规定的不一致"
