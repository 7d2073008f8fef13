#!/usr/bin/env python3
"""The network between the quick start's hub and its gateway: whoever connects to one port talks with the other, for as long as this runs.

line.py FOLDER PORT TO    FOLDER only says whose line it is
"""
import asyncio
import sys


async def carry(reader, writer):
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def main(port, to):
    async def joined(reader, writer):
        try:
            there = await asyncio.open_connection("127.0.0.1", to)
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, there[1]), carry(there[0], writer))

    async with await asyncio.start_server(joined, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    asyncio.run(main(int(sys.argv[2]), int(sys.argv[3])))
