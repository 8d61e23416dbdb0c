"""How the server carries out ALTER TABLE: what each clause needs, and the algorithm that does for all."""
