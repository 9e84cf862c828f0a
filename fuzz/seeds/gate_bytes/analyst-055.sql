SELECT o.id, i.line, p.name FROM sales.orders o JOIN (sales.order_items i JOIN sales.products p ON p.id = i.product_id) ON i.order_id = o.id WHERE o.id < 4 ORDER BY 1, 2
