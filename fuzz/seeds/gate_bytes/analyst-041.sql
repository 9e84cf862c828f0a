SELECT r.code, c.id FROM sales.customers c RIGHT JOIN sales.regions r ON r.code = c.region AND c.credit_limit > 1700 AND c.id < 60 ORDER BY r.code, c.id
