SELECT count(*) FROM sales.events_2024_01
