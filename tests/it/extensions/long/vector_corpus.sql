-- Reading, casts, type modifiers
SELECT * FROM sales.items ORDER BY id;
SELECT id, embedding, embedding::text, embedding::real[], loose::vector FROM sales.items ORDER BY id;
SELECT '[1,2,3]'::vector, '[1,2,3]'::vector(3), CAST('[1,2,3]' AS vector(3)), '[1,2]'::ext.vector(2);
SELECT ARRAY[1, 2, 3]::vector, ARRAY[1.5, 2.5]::vector(2), numbers::vector FROM sales.items WHERE id < 3 ORDER BY id;
SELECT ARRAY[1, 2]::float8[]::vector, NULL::vector(3), ARRAY['[1,2]', '[3,4]']::vector(2)[];
SELECT embedding::vector(3) FROM sales.items ORDER BY id;
SELECT to_json(embedding), jsonb_build_object('e', loose), concat(embedding, '/'), format('%s', embedding) FROM sales.items ORDER BY id;
-- Distances and neighbours
SELECT id, embedding <-> '[1,2,3]', embedding <#> '[1,2,3]', embedding <=> '[1,2,3]' FROM sales.items ORDER BY id;
SELECT id, embedding <-> '[1,2,3]'::vector AS d FROM sales.items ORDER BY d, id LIMIT 2;
SELECT id FROM sales.items WHERE embedding IS NOT NULL ORDER BY embedding <-> '[3,1,2]' LIMIT 2;
SELECT id FROM sales.items WHERE embedding IS NOT NULL ORDER BY embedding <=> ARRAY[3, 1, 2]::vector LIMIT 1;
SELECT id FROM sales.items WHERE embedding <-> '[1,2,3]' < 2 ORDER BY 1;
SELECT p.id, q.id, p.embedding <-> q.embedding FROM sales.items AS p JOIN sales.items AS q ON p.id < q.id ORDER BY 1, 2;
SELECT id, l2_distance(embedding, '[1,2,3]'), inner_product(embedding, '[1,2,3]'), cosine_distance(embedding, '[1,2,3]'), l1_distance(embedding, '[1,2,3]') FROM sales.items ORDER BY id;
SELECT id, l2_distance(embedding, embedding), vector_dims(embedding), vector_norm(embedding), vector_dims(loose) FROM sales.items ORDER BY id;
SELECT ext.l2_distance(embedding, '[1,2,3]'), (1 - (embedding <=> '[1,2,3]')) * 100 FROM sales.items WHERE id = 1;
SELECT vector_spherical_distance('[1,0]', '[0,1]'), vector_l2_squared_distance('[1,2]', '[3,4]'), vector_negative_inner_product('[1,2]', '[3,4]');
-- Arithmetic and comparisons
SELECT id, embedding + '[1,1,1]', embedding - embedding, embedding * '[2,2,2]' FROM sales.items ORDER BY id;
SELECT id, embedding = '[1,2,3]', embedding <> '[1,2,3]', embedding < '[2,0,0]', embedding >= embedding FROM sales.items ORDER BY id;
SELECT id FROM sales.items WHERE embedding IN ('[1,2,3]', '[2,3,4]') ORDER BY 1;
SELECT id FROM sales.items WHERE embedding BETWEEN '[0,0,0]' AND '[1,9,9]' ORDER BY 1;
SELECT id FROM sales.items WHERE embedding = ANY (ARRAY['[1,2,3]']::vector[]) ORDER BY 1;
SELECT id, CASE loose WHEN '[1,2]' THEN 'a' ELSE 'b' END, nullif(loose, '[1,2]'), coalesce(embedding, '[0,0,0]') FROM sales.items ORDER BY 1;
SELECT id, embedding IS DISTINCT FROM '[1,2,3]', greatest(embedding, '[1,9,9]'), vector_cmp(embedding, '[1,2,3]') FROM sales.items ORDER BY 1;
-- Sets, aggregates, grouping
SELECT avg(embedding), sum(embedding), count(embedding), avg(id), sum(id) FROM sales.items;
SELECT loose, count(*), avg(embedding) FROM sales.items GROUP BY loose ORDER BY loose;
SELECT DISTINCT loose FROM sales.items ORDER BY loose;
SELECT embedding FROM sales.items UNION SELECT '[9,9,9]'::vector ORDER BY 1;
SELECT loose FROM sales.items EXCEPT SELECT '[1,2]'::vector ORDER BY 1;
SELECT array_agg(embedding ORDER BY id), json_agg(embedding ORDER BY id) FROM sales.items;
SELECT id, avg(embedding) OVER (ORDER BY id), rank() OVER (ORDER BY embedding) FROM sales.items ORDER BY 1;
SELECT DISTINCT ON (loose) loose, id FROM sales.items ORDER BY loose, id;
WITH e AS (SELECT embedding FROM sales.items WHERE id = 1) SELECT i.id FROM sales.items AS i CROSS JOIN e ORDER BY i.embedding <-> e.embedding, i.id LIMIT 2;
SELECT i.id FROM sales.items AS i ORDER BY i.embedding <-> (SELECT embedding FROM sales.items WHERE id = 2), i.id LIMIT 2;
SELECT v.x <-> '[0,0]' FROM (VALUES ('[3,4]'::vector), ('[6,8]')) AS v(x) ORDER BY 1;
SELECT word, meaning, vector_dims(meaning), meaning <-> '[1,1,1]' FROM sales.words ORDER BY id;
-- PostgreSQL's own operators mean what they meant
SELECT 1 + 2, 7 * 3, 5 - 2, 'a' || 'b', ARRAY[1, 2] || 3, point(1, 2) <-> point(2, 3), 1 < 2, numbers = numbers FROM sales.items ORDER BY id;
SELECT avg(x), sum(x) FROM unnest(ARRAY[1, 2, 3]) AS x;
