SELECT id FROM sales.customers WHERE id IN (SELECT customer_id FROM sales.orders WHERE comment IS NOT NULL) ORDER BY id LIMIT 5
