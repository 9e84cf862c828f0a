SELECT unnest(ARRAY[3, 1, 2]) AS n ORDER BY n
