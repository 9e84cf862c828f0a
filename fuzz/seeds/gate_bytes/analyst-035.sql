SELECT id AS a, id AS a, id AS a FROM sales.regions r, (SELECT 1 AS id) x LIMIT 1
