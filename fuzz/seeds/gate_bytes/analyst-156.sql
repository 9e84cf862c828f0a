SELECT array_to_string(tags, '+'), array_position(tags, 'new'), array_remove(tags, 'new'), string_to_array('a,b', ',') FROM sales.products ORDER BY id LIMIT 2
