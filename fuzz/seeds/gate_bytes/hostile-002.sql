SELECT c.ssn, c.* FROM sales.customers AS c
