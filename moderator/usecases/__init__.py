"""What the service does. Every write goes through here, and every transaction is opened here."""
