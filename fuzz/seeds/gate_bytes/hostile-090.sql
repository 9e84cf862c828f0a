SELECT * FROM unnest(ARRAY[1, 2], '{a,b}'::text[]) WITH ORDINALITY AS u(x, y, n)
