SELECT x, a, b FROM (VALUES (1, 'l'), (2, 'l')) AS l(x, a) FULL JOIN (VALUES (2, 'r'), (3, 'r')) AS r(x, b) USING (x) ORDER BY x
