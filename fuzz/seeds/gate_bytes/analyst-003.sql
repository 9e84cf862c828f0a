SELECT id, name FROM sales.customers WHERE id = 7
