UPDATE scratch."Odd Name" SET "a.b" = "q""q", "select" = DEFAULT WHERE "Id" = 1
