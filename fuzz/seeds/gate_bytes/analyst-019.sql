SELECT id, name FROM sales.customers WHERE name ILIKE '%costa' ORDER BY id LIMIT 5
