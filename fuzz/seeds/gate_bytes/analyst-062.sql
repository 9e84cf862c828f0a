SELECT order_id, line FROM sales.order_items WHERE (order_id, line) IN (SELECT id, 1 FROM sales.orders WHERE id < 4) ORDER BY 1
