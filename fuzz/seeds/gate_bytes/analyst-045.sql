SELECT order_id, line, name FROM sales.order_items JOIN (SELECT id AS product_id, name FROM sales.products) p USING (product_id) ORDER BY order_id, line LIMIT 5
