"""A client at the door of the server, before or after it has followed the launch link."""

from starlette.testclient import TestClient

import latentspace
from latentspace.server.app import create_app
from latentspace.server.security import Key

KEY = Key(bytes(range(32)))


def client_of(explorer: latentspace.Explorer, *allowed_hosts: str, launched: bool = True) -> TestClient:
    """A browser at the server of `explorer`; a defect is an answer to it, not an exception."""
    app = create_app(explorer, KEY, allowed_hosts=allowed_hosts).app
    client = TestClient(app, base_url="http://127.0.0.1:8765", raise_server_exceptions=False)
    if launched:
        assert client.get(f"/launch?token={KEY.launch_token}").status_code == 200
    return client
