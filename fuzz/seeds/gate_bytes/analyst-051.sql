SELECT c.id, latest.id FROM sales.customers c CROSS JOIN LATERAL (SELECT o.id FROM sales.orders o WHERE o.customer_id = c.id ORDER BY o.ordered_at DESC LIMIT 1) latest WHERE c.id < 5 ORDER BY c.id
