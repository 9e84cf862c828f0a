SELECT CAST('12' AS integer) + 1, '3.5'::numeric * 2, 7::text || 'x', 1::boolean, 'abc'::varchar(2), 'abc'::char(5) || '|'
