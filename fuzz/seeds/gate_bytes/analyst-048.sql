SELECT * FROM (VALUES (1, 'l'), (2, 'l')) AS l(x, a) NATURAL JOIN (VALUES (2, 'r'), (3, 'r')) AS r(x, b)
