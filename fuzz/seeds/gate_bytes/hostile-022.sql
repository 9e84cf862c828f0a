SELECT * FROM only sales.customers
