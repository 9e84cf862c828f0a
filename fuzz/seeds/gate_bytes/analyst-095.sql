SELECT c.id, c.name, count(o.id) FROM sales.customers c LEFT JOIN sales.orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY 3 DESC, 1 LIMIT 5
