SELECT id, name FROM sales.customers WHERE name ~ '^[AB].*o$' ORDER BY id LIMIT 5
