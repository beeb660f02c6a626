"""The implementation guides as tables that a biller can read beside them."""
