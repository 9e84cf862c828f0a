SELECT a.id AS left_id, b.id AS right_id FROM (SELECT id FROM sales.regions x, LATERAL (SELECT length(code) AS id) y) a FULL JOIN (VALUES (2), (9)) AS b(id) ON a.id = b.id ORDER BY 1, 2
