SELECT o.id, c.name, r.currency FROM sales.orders o INNER JOIN sales.customers c ON c.id = o.customer_id INNER JOIN sales.regions r ON r.code = c.region WHERE o.status = 'paid' ORDER BY o.id LIMIT 5
