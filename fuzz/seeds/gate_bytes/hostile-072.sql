UPDATE scratch.notes SET (title, body) = ('a', 'b')
