TABLE sales.regions ORDER BY code
