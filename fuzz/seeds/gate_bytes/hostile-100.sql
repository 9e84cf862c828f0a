SELECT (ARRAY[1,2,3])[1:2][1], (ARRAY[1])[:], ARRAY[[1],[2]], ROW(1, 'x'), ROW()
