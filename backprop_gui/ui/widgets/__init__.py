"""Small parts that several views are built of."""
