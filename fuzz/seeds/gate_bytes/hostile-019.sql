SELECT E'\'' , '\'' UNION SELECT ssn FROM sales.customers --'
