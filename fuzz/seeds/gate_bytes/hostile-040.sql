SELECT CAST('x' AS private.handle)
