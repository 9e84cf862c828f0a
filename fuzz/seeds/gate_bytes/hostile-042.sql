SELECT xmin, ctid, tableoid FROM sales.orders
