SELECT c.* FROM sales.customers AS c WHERE c.region = 'eu' ORDER BY c.id LIMIT 5
