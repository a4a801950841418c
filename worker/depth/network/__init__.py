"""What the families of networks share: row, input, checkpoint, blocks, backends. Importing this imports no torch."""
