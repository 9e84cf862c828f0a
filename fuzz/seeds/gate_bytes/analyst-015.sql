SELECT id FROM sales.customers WHERE region NOT IN ('uk', 'jp', 'eu') ORDER BY id LIMIT 6
