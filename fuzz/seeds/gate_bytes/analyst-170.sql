SELECT DISTINCT host(address), address << inet '192.0.2.0/24', family(address) FROM sales.events WHERE id < 5 ORDER BY 1
