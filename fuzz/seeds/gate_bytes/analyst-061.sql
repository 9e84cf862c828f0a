SELECT id FROM sales.customers WHERE id NOT IN (SELECT customer_id FROM sales.orders WHERE status = 'new') ORDER BY id LIMIT 5
