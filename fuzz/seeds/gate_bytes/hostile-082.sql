SELECT - 2 ^ 2, a.b.c.d.e, NOT NOT true, 1 = 2 = 3
