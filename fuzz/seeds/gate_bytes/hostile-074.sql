UPDATE scratch."Odd Name" SET "select" = 'x' WHERE true
