"""The only page."""

from http.server import BaseHTTPRequestHandler


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"nobody was here\n")
