SELECT ARRAY(SELECT code FROM sales.regions ORDER BY code) AS codes
