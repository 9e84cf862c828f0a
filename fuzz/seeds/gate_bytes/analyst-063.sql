SELECT order_id, line FROM sales.order_items WHERE (order_id, line) = (3, 2)
