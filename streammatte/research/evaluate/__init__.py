"""How good alpha is: metrics, the validation pack, tables."""
