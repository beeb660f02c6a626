"""Documents for people outside: laid out as blocks of `connectors.documents`, and kept as facts."""
