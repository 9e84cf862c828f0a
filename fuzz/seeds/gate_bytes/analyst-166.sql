SELECT jsonb_path_query_first('{"a":[1,5]}', '$.a[*] ? (@ > 2)'), jsonb_pretty('{"a":1}'), jsonb_typeof('[]')
