SELECT * FROM (VALUES (1, 'l'), (2, 'l')) AS l(x, a) NATURAL LEFT JOIN (VALUES (2, 'r'), (3, 'r')) AS r(x, b) ORDER BY x
