SELECT c.id, c.name AS "Full Name", upper(c.region) FROM sales.customers c ORDER BY c.id LIMIT 3 OFFSET 2
