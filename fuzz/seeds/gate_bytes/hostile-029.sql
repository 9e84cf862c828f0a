SELECT * FROM regions r, private.regions p
