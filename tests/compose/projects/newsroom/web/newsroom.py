"""The application: articles in PostgreSQL, readers in Redis, pages on disk."""

import json
import os
import signal
import socket
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2
import redis

PORT = 8000


def connect():
    with open(os.environ["DATABASE_PASSWORD_FILE"]) as secret:
        return psycopg2.connect(os.environ["DATABASE"], password=secret.read().strip(), connect_timeout=5)


def query(statement, *values):
    connection = connect()
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        counters = redis.Redis(os.environ["CACHE"])
        if self.path == "/front":
            with open("/srv/pages/front.txt") as page:
                self.answer({"page": page.read().strip(), "readers": counters.incr("readers")})
        elif self.path == "/articles":
            self.answer([title for (title,) in query("SELECT title FROM articles ORDER BY number")])
        elif self.path == "/who":
            self.answer(socket.gethostname())
        elif self.path == "/health":
            self.answer(bool(counters.ping()) and query("SELECT 1") == [(1,)])
        else:
            self.send_error(404)

    def do_POST(self):
        title = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query("INSERT INTO articles (title) VALUES (%s)", title)
        print("article:", title)
        self.answer(title)

    def answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    command = sys.argv[1]
    if command == "seed":
        query("INSERT INTO articles (title) VALUES ('first') ON CONFLICT DO NOTHING")
        print("seeded")
    elif command == "check":
        sys.exit(urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=5).read() != b"true")
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        print("open")
        ThreadingHTTPServer(("", PORT), Handler).serve_forever()


main()
