INSERT INTO sales.customers (id, ssn) VALUES (1, 'x')
