"""TLS: who this server says it is, to clients that were told whom to believe."""
