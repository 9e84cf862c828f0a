SELECT * FROM (SELECT code AS region, currency FROM sales.regions) r JOIN (SELECT id, region FROM sales.customers WHERE id < 4) c USING (region) ORDER BY id
