SELECT 1 AS ssn, c.id FROM sales.customers c ORDER BY ssn
