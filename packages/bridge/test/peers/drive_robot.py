"""Drives a robot with kryten-py, and prints what came of it as one line of JSON."""

import asyncio
import json
import sys

from kryten import KrytenClient


async def main() -> None:
    servers, domain = sys.argv[1:3]
    client = KrytenClient(
        {
            "nats": {"servers": [servers]},
            "channels": [{"domain": domain, "channel": "lounge"}],
            "service": {"name": "probe", "version": "9.9.9", "heartbeat_interval": 5},
            "chat_min_delay": 0,
            "chat_jitter": 0,
        }
    )
    chat = []
    heard = asyncio.Event()

    @client.on("chatmsg", channel="lounge", domain=domain)
    async def on_chat(event):
        chat.append([event.username, event.message])
        if event.message.startswith("last"):
            heard.set()

    async def settle():
        await asyncio.sleep(0.3)

    result = {"chat": chat}
    await client.connect()
    await client.send_chat("lounge", "héllo from kryten-py")
    result["added"] = (await client.add_media("lounge", "yt", "one"))["data"]
    result["failed"] = (await client.add_media("lounge", "yt", "unknown"))["success"]
    await client.set_motd("lounge", "from python")
    await client.new_poll("lounge", "T", ["a", "b"])
    await settle()
    await client.vote("lounge", 1)
    await client.mute_user("lounge", "Watcher")
    await client.update_emote("lounge", ":p:", "https://a.example/p.gif")
    await settle()
    result["level"] = await client.get_user_level("lounge")
    result["safe"] = await client.safe_set_motd("lounge", "safely from python")
    result["banlist"] = await client.get_banlist("lounge")
    result["ranks"] = await client.get_channel_ranks("lounge")
    result["search"] = await client.get_library_search("lounge", "one")
    result["user"] = await client.get_user("lounge", "bot1")
    result["channels"] = await client.get_channels()
    result["version"] = await client.get_version()
    result["items"] = await client.kv_get("kryten_lounge_playlist", "items", parse_json=True)
    await client.send_chat("lounge", "last")
    await asyncio.wait_for(heard.wait(), 5)
    await client.disconnect("done")
    print(json.dumps(result, default=str))


asyncio.run(main())
