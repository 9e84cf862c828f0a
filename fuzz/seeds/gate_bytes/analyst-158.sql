SELECT attributes -> 'colour', attributes ->> 'colour', (attributes ->> 'grams')::int, attributes #> '{care,0}', attributes #>> '{care,1}' FROM sales.products ORDER BY id LIMIT 3
