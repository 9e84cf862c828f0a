SELECT j.code, j.id FROM (sales.regions r JOIN sales.customers c ON c.region = r.code) AS j WHERE j.id < 5 ORDER BY j.id
