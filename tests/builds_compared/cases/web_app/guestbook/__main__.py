"""Serves the guestbook."""

from http.server import HTTPServer

from guestbook.pages import Pages

HTTPServer(("", 8000), Pages).serve_forever()
