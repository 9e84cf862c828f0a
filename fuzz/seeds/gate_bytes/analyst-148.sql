SELECT tags, tags[1], array_length(tags, 1), cardinality(tags), tags || 'x'::text FROM sales.products ORDER BY id LIMIT 3
