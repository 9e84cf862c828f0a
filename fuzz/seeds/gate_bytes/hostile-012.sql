SELECT 1 FROM sales.customers NATURAL JOIN hr.employees
