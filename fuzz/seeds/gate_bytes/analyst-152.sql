SELECT ARRAY[1, 2, 3] AS a, ARRAY[[1, 2], [3, 4]] AS b, (ARRAY[1, 2, 3])[2:3] AS c, '{a,NULL,"b c"}'::text[] AS d
