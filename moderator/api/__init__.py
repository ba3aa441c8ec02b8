"""Our HTTP API, version 1: thin views over the use cases. Shapes in `schemas` and its like, errors in `problems`."""
