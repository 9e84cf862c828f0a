SELECT 1 FROM sales.customers c JOIN hr.employees e USING (ssn)
