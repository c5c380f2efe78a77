"""The socket that the server listens on."""

import asyncio
import socket

from latentspace.server.launch import listen


def test_an_answer_is_sent_at_once_not_40_ms_later_when_the_browser_has_acknowledged_its_head() -> None:
    async def delay_is_off() -> bool:
        accepted = asyncio.get_running_loop().create_future()

        def met(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = listen("127.0.0.1", 0)
        async with await asyncio.start_server(met, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            said = await asyncio.wait_for(accepted, 5)
            writer.close()
        return bool(said)

    assert asyncio.run(delay_is_off())
