SELECT c.id FROM sales.customers c WHERE NOT EXISTS (SELECT FROM sales.orders o WHERE o.customer_id = c.id AND o.status = 'new') ORDER BY c.id LIMIT 5
