-- From pgvector 0.7 on
SELECT '[1,2,3]'::halfvec(3), '{1:1,3:2}/5'::sparsevec, '{1:1,3:2}/5'::sparsevec(5), embedding::halfvec(3), embedding::sparsevec FROM sales.items ORDER BY id;
SELECT id, l2_normalize(embedding), binary_quantize(embedding), subvector(embedding, 1, 2) FROM sales.items ORDER BY id;
SELECT id, embedding::halfvec <-> '[1,2,3]', embedding::halfvec <=> '[1,2,3]'::halfvec, embedding::sparsevec <-> '{1:1}/3' FROM sales.items ORDER BY id;
SELECT id, embedding || loose, l1_distance(embedding, '[1,2,3]'::vector), l2_norm(embedding::halfvec) FROM sales.items ORDER BY id;
SELECT hamming_distance(B'101', B'011'), jaccard_distance(B'101', B'011'), B'101' <~> B'011', B'101' <%> B'011';
SELECT id FROM sales.items WHERE embedding IS NOT NULL ORDER BY binary_quantize(embedding)::bit(3) <~> binary_quantize('[3,1,-2]'::vector)::bit(3), id LIMIT 2;
SELECT avg(embedding::halfvec), sum(embedding::halfvec) FROM sales.items;
SELECT ARRAY[1, 2]::halfvec, ARRAY[1.5, 0]::sparsevec, '[1,2]'::halfvec::vector, '{1:1}/2'::sparsevec::vector, '{1:1}/2'::sparsevec::halfvec;
SELECT '[1,2]'::halfvec = '[1,2]', '{1:1}/2'::sparsevec < '{1:2}/2', '[1,2]'::halfvec + '[1,2]', cosine_distance('{1:1}/2'::sparsevec, '{1:2}/2');
