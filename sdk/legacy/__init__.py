"""Docker's legacy plugins: processes that listen on a socket and answer JSON over HTTP. How they are found, and how they are asked."""
