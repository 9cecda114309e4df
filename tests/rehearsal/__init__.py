"""The rehearsal world, tested from outside: a real process, spoken to over HTTP and SMTP."""
