"""How the head model's file is made from the data of MakeHuman; run by a developer, see `__main__`."""
