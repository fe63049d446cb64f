"""The gRPC services a client calls, one file each."""
