SELECT name FROM sales.customers ORDER BY lower(name) DESC, id LIMIT 3
