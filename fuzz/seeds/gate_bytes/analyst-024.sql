SELECT id, name FROM sales.customers WHERE name SIMILAR TO '(Ada|Bram) %' ORDER BY id LIMIT 5
