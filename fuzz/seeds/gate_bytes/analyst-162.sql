SELECT jsonb_build_object('a', 1, 'b', ARRAY[1, 2]), to_jsonb('x'::text), jsonb_array_length('[1,2,3]'), '{"a":{"b":2}}'::jsonb #- '{a,b}'
