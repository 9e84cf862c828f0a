SELECT id FROM sales.customers WHERE birth_date IS NULL ORDER BY 1
