"""The scrub: what a payer would refuse, found before it is sent. One rule a module; see ``registry``."""
