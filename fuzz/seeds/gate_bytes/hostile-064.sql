INSERT INTO scratch.notes (id, title) VALUES (1, 'x'), (2, DEFAULT) RETURNING id, title AS t
