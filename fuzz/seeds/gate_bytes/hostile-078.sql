SELECT * FROM sales.orders LIMIT 5, 10
