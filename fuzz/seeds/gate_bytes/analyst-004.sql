SELECT * FROM sales.regions ORDER BY code
