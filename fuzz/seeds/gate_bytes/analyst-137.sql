SELECT age(timestamp '2024-03-01', timestamp '2023-01-15'), justify_days(interval '40 days'), make_date(2024, 2, 3)
