SELECT lower(name COLLATE "C") FROM sales.customers
