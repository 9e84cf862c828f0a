SELECT id FROM sales.orders WHERE shipped_at IS DISTINCT FROM ordered_at ORDER BY id LIMIT 3
