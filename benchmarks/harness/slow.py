"""A server that takes 0.1 s for each answer, by TCP, TLS and a local socket.

    slow.py PORT SOCKET KEY CERTIFICATE READY

A line is answered by itself; a line `GET …`, which HTTP's header follows, by HTTP, and at once where it asks for `/`.
The port of TLS is written to READY.
"""
import asyncio
import os
import ssl
import sys

BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


async def serve(reader, writer):
    try:
        while line := await reader.readline():
            is_http = line.startswith(b"GET ")
            while is_http and (await reader.readline()).strip():
                pass
            if not line.startswith(b"GET / "):
                await asyncio.sleep(0.1)
            writer.write(BODY if is_http else line)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def main(port, local, key, certificate, ready):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    tls = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context, backlog=1000)
    await asyncio.start_unix_server(serve, local, backlog=1000)
    with open(ready + ".part", "w") as f:
        f.write(str(tls.sockets[0].getsockname()[1]))
    os.rename(ready + ".part", ready)
    server = await asyncio.start_server(serve, "127.0.0.1", int(port), backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
