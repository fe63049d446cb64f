"""What goes over the wire, in Docker's exact names. Structs only; `convert` fills them."""
