"""What is left when processes of the queue are killed: real workers, a real mail server, a real database."""
