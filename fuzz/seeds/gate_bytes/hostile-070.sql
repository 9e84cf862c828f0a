UPDATE scratch.notes SET title = 'x' WHERE id = $1
