LOCK TABLE sales.orders
