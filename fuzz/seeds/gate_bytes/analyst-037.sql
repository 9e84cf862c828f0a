SELECT o.id, c.name FROM sales.orders o JOIN sales.customers c ON c.id = o.customer_id ORDER BY o.id LIMIT 5
