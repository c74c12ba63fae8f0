"""What virtual keys have made at a vendor: files, batches and the like. Each key reaches its own; the account they all share has no such walls."""
