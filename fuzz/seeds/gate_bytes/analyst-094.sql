SELECT jsonb_object_agg(code, currency) FROM sales.regions
