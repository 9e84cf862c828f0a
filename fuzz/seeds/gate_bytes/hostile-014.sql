SELECT ssn FROM (SELECT * FROM sales.customers) AS x
