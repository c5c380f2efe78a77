"""The web server of one workspace, on loopback."""
