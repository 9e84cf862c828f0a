SELECT upper(name) AS name FROM sales.regions ORDER BY name
