"""The only place with SQL: two engines behind one protocol, then one module for each aggregate."""
