SELECT id FROM sales.customers ORDER BY ssn
