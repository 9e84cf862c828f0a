SELECT c.id, (SELECT count(*) FROM sales.orders o WHERE o.customer_id = c.id) AS orders FROM sales.customers c ORDER BY c.id LIMIT 5
