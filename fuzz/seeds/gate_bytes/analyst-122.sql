SELECT code FROM sales.regions UNION SELECT region FROM sales.customers ORDER BY code
