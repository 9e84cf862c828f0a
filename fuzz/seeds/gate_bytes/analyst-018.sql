SELECT id, name FROM sales.customers WHERE name LIKE 'A%' ORDER BY id LIMIT 5
