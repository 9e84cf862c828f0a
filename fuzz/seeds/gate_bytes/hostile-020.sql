SELECT '\'' UNION SELECT ssn FROM sales.customers --'
