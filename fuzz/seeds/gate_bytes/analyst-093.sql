SELECT json_agg(code ORDER BY code) FROM sales.regions
