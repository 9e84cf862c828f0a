INSERT INTO scratch.notes (id, title) SELECT id, ssn FROM sales.customers
