SELECT c.id FROM sales.customers c WHERE EXISTS (SELECT 1 FROM sales.orders o WHERE o.customer_id = c.id AND o.status = 'cancelled') ORDER BY c.id LIMIT 5
