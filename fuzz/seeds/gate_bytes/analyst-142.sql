SELECT regexp_replace('a1b2', '[0-9]', '#', 'g'), regexp_split_to_array('a,b', ','), (regexp_match('x42', '([a-z])([0-9]+)'))[2]
