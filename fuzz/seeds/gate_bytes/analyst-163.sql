SELECT key, value FROM jsonb_each('{"a": 1, "b": "x"}') ORDER BY key
