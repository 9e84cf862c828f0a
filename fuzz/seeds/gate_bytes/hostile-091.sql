SELECT x IN ((SELECT 1)), x IN ((SELECT 1), 2), x = ANY ((SELECT ARRAY[1])), x = ANY ((SELECT 1)::int) FROM (SELECT 1 AS x) t
