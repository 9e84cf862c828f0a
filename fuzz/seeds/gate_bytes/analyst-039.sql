SELECT c.id, o.id FROM sales.customers c LEFT JOIN sales.orders o ON o.customer_id = c.id AND o.status = 'new' WHERE c.id < 12 ORDER BY c.id, o.id
