SELECT id, name FROM sales.customers WHERE name NOT LIKE '%a%' ORDER BY id LIMIT 5
