SELECT * FROM sales.orders FOR UPDATE
