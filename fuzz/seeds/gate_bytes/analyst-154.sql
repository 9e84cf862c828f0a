SELECT tag, count(*) FROM sales.products, unnest(tags) AS tag GROUP BY tag ORDER BY tag
