SELECT substring('abcdef' FROM 2 FOR 3), substring('abcdef' FROM 3), substring('foobar' FROM 'o(.)b'), position('c' IN 'abc'), overlay('abcdef' PLACING 'XX' FROM 2 FOR 3)
