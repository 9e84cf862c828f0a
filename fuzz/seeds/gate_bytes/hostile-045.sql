SELECT repeat('x', id::int) FROM sales.orders
