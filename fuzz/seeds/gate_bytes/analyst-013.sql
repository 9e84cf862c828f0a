SELECT id FROM sales.customers WHERE phone IS NOT NULL AND NOT (region = 'eu') ORDER BY id LIMIT 5
