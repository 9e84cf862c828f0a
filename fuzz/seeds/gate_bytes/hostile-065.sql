INSERT INTO scratch.notes SELECT * FROM scratch.notes
