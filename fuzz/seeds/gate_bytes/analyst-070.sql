SELECT id, (SELECT name FROM sales.regions WHERE code = region) FROM sales.customers ORDER BY id LIMIT 3
