"""The only room where parts are joined: Config -> running App."""
