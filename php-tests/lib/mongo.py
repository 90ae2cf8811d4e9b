"""mongo.py HOST:PORT: answers a MongoDB driver as a server would, as far as a test needs it: hello, ping, insert, find by _id, and
`sleep: seconds`, a command of its own. Everything is kept in memory."""

import asyncio
import struct
import sys

COLLECTIONS = {}


def decode(data, at=0):
    """One document; and where it ends."""
    (size,) = struct.unpack_from("<i", data, at)
    end, at, found = at + size - 1, at + 4, {}
    while at < end:
        kind = data[at]
        stop = data.index(0, at + 1)
        name, at = data[at + 1:stop].decode(), stop + 1
        if kind == 1:
            (found[name],), at = struct.unpack_from("<d", data, at), at + 8
        elif kind in (2, 13, 14):
            (length,) = struct.unpack_from("<i", data, at)
            found[name], at = data[at + 4:at + 3 + length].decode(), at + 4 + length
        elif kind in (3, 4):
            found[name], at = decode(data, at)
            if kind == 4:
                found[name] = list(found[name].values())
        elif kind == 5:
            (length,) = struct.unpack_from("<i", data, at)
            found[name], at = data[at + 4:at + 5 + length], at + 5 + length
        elif kind == 7:
            found[name], at = ("id", data[at:at + 12]), at + 12
        elif kind == 8:
            found[name], at = bool(data[at]), at + 1
        elif kind in (9, 17, 18):
            (found[name],), at = struct.unpack_from("<q", data, at), at + 8
        elif kind == 10:
            found[name] = None
        elif kind == 16:
            (found[name],), at = struct.unpack_from("<i", data, at), at + 4
        else:
            raise ValueError("BSON type %d of %s" % (kind, name))
    return found, end + 1


def encode(document):
    out = b""
    for name, value in document.items():
        key = name.encode() + b"\0"
        if isinstance(value, bool):
            out += b"\x08" + key + bytes([value])
        elif isinstance(value, int):
            out += b"\x10" + key + struct.pack("<i", value)
        elif isinstance(value, float):
            out += b"\x01" + key + struct.pack("<d", value)
        elif isinstance(value, str):
            text = value.encode() + b"\0"
            out += b"\x02" + key + struct.pack("<i", len(text)) + text
        elif isinstance(value, tuple):
            out += b"\x07" + key + value[1]
        elif isinstance(value, list):
            out += b"\x04" + key + encode({str(n): one for n, one in enumerate(value)})
        elif isinstance(value, dict):
            out += b"\x03" + key + encode(value)
        else:
            raise ValueError("cannot encode %r" % (value,))
    return struct.pack("<i", len(out) + 5) + out + b"\0"


async def run(command):
    name = next(iter(command))
    if name.lower() in ("hello", "ismaster"):
        return {"ismaster": True, "isWritablePrimary": True, "helloOk": True, "maxBsonObjectSize": 16777216, "maxMessageSizeBytes": 48000000,
                "maxWriteBatchSize": 100000, "minWireVersion": 0, "maxWireVersion": 13, "readOnly": False, "ok": 1.0}
    if name == "insert":
        kept = COLLECTIONS.setdefault(command["insert"], {})
        for document in command["documents"]:
            kept[document["_id"]] = document
        return {"n": len(command["documents"]), "ok": 1.0}
    if name == "find":
        kept = COLLECTIONS.get(command["find"], {})
        wanted = command.get("filter", {}).get("_id")
        batch = [kept[wanted]] if wanted in kept else []
        return {"cursor": {"firstBatch": batch, "id": 0, "ns": command["$db"] + "." + command["find"]}, "ok": 1.0}
    if name == "sleep":
        await asyncio.sleep(command["sleep"])
        return {"slept": command["sleep"], "echo": command.get("echo", 0), "ok": 1.0}
    if name in ("ping", "endSessions"):
        return {"ok": 1.0}
    return {"ok": 0.0, "errmsg": "no such command: '%s'" % name, "code": 59, "codeName": "CommandNotFound"}


async def serve(reader, writer):
    try:
        while True:
            size, number, _, code = struct.unpack("<iiii", await reader.readexactly(16))
            body = await reader.readexactly(size - 16)
            if code == 2004:  # the old query, for the first greeting
                at = body.index(0, 4) + 9
                answer = encode(await run(decode(body, at)[0]))
                reply = struct.pack("<iqii", 8, 0, 0, 1) + answer
                code = 1
            else:  # 2013
                command, at = {}, 4
                while at < len(body):
                    kind, at = body[at], at + 1
                    if kind == 0:
                        document, at = decode(body, at)
                        command.update(document)
                    else:
                        end = at + struct.unpack_from("<i", body, at)[0]
                        stop = body.index(0, at + 4)
                        name, at, documents = body[at + 4:stop].decode(), stop + 1, []
                        while at < end:
                            document, at = decode(body, at)
                            documents.append(document)
                        command[name] = documents
                reply = struct.pack("<i", 0) + b"\0" + encode(await run(command))
            writer.write(struct.pack("<iiii", len(reply) + 16, 0, number, code) + reply)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    host, port = sys.argv[1].rsplit(":", 1)
    server = await asyncio.start_server(serve, host, int(port), backlog=1000)
    await server.serve_forever()


asyncio.run(main())
