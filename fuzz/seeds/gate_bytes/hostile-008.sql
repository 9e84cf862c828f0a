SELECT count(*) FROM sales.customers WHERE ssn LIKE '1%'
