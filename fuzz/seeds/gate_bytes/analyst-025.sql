SELECT id FROM sales.customers WHERE loyalty = 'gold' ORDER BY id LIMIT 5
