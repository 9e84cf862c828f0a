SELECT * FROM ONLY sales.customers
