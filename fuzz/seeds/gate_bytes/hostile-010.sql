SELECT id FROM sales.customers GROUP BY id, ssn HAVING max(ssn) > '5'
