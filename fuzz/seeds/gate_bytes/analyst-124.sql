SELECT id FROM sales.customers WHERE id < 10 EXCEPT SELECT customer_id FROM sales.orders WHERE status = 'new' ORDER BY 1
