"""Makes a file with a capability and one that is mostly a hole."""

import os

with open("/file", "w") as file:
    file.write("content")
os.setxattr("/file", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
with open("/sparse", "wb") as sparse:
    sparse.seek(1 << 22)
    sparse.write(b"end")
