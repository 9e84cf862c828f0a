SELECT * FROM information_schema.columns
