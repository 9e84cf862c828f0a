SELECT attributes -> 'a' ->> 'b', attributes #>> '{a,b}', attributes ? 'x', attributes @> '{"a": 1}' FROM sales.products
