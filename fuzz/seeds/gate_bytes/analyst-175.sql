SELECT * FROM sales.order_totals ORDER BY order_id LIMIT 3
