SELECT id, name FROM sales.customers WHERE name !~* 'A' ORDER BY id LIMIT 5
