"""Asks the agent for its identities (message 11, answered by 12) and prints how many there are, and what kind."""

import os
import socket
import struct

agent = socket.socket(socket.AF_UNIX)
agent.connect(os.environ["SSH_AUTH_SOCK"])
agent.sendall(struct.pack(">IB", 1, 11))
answer = agent.makefile("rb")
(length,) = struct.unpack(">I", answer.read(4))
body = answer.read(length)
kind, count = struct.unpack(">BI", body[:5])
(size,) = struct.unpack(">I", body[5:9])
name = body[9 : 9 + size]
print(kind, count, name[4 : 4 + struct.unpack(">I", name[:4])[0]].decode())
