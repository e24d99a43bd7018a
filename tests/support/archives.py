"""Archives of every temper: what support people send, and what nobody should have to open."""

import gzip
import io
import lzma
import struct
import subprocess
import tarfile
import zipfile
import zlib


def tar(*members, mode="w", form=tarfile.PAX_FORMAT):
    """(name, content) files; content None is a folder, a TarInfo is taken as it is."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:
        for name, content in members:
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            info = tarfile.TarInfo(name)
            if content is None:
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return name, info


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def zst(content):
    return subprocess.run(["zstd", "-q", "-c"], input=content, stdout=subprocess.PIPE, check=True, timeout=60).stdout


def unzst(content):
    return subprocess.run(["zstd", "-q", "-d", "-c"], input=content, stdout=subprocess.PIPE, check=True, timeout=60).stdout


def encrypted_zip(name, content):
    """The traditional encryption of PKWARE, so that it is one that tools would ask a password for."""
    table = [0] * 256
    for i in range(256):
        value = i
        for _ in range(8):
            value = value >> 1 ^ (0xedb88320 if value & 1 else 0)
        table[i] = value
    keys = [0x12345678, 0x23456789, 0x34567890]

    def step(byte):
        keys[0] = keys[0] >> 8 ^ table[(keys[0] ^ byte) & 255]
        keys[1] = (keys[1] + (keys[0] & 255)) * 134775813 + 1 & 0xffffffff
        keys[2] = keys[2] >> 8 ^ table[(keys[2] ^ keys[1] >> 24) & 255]

    def crypt(data):
        out = bytearray()
        for byte in data:
            mask = keys[2] | 2
            out.append(byte ^ (mask * (mask ^ 1) >> 8 & 255))
            step(byte)
        return bytes(out)

    for byte in b"password":
        step(byte)
    crc = zlib.crc32(content)
    packed = crypt(bytes(11) + bytes([crc >> 24])) + crypt(content)
    raw = name.encode()
    local = struct.pack("<IHHHHHIIIHH", 0x04034b50, 20, 1, 0, 0, 0x21, crc, len(packed), len(content), len(raw), 0) + raw
    central = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 20, 20, 1, 0, 0, 0x21, crc, len(packed), len(content), len(raw), 0, 0, 0, 0, 0, 0) + raw
    return local + packed + central + struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 1, 1, len(central), len(local) + len(packed), 0)


def gzip_bomb(expanded):
    """So many bytes of text, hundreds of times smaller."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block, out = b"words\n\n\n" * (1 << 17), []
    for _ in range(expanded >> 20):
        out.append(packer.compress(block))
    return b"".join(out) + packer.flush()


def members(content):
    """What is in a tar or zip of any compression: {name: content}; folders map to None."""
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        content = unzst(content)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
            return {info.filename: None if info.is_dir() else archive.read(info) for info in archive.infolist()}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {info.name: archive.extractfile(info).read() if info.isfile() else None for info in archive.getmembers()}


COMPRESSIONS = {"": (lambda raw: raw, lambda raw: raw), "gz": (gzip.compress, gzip.decompress), "xz": (lzma.compress, lzma.decompress), "zst": (zst, unzst)}
