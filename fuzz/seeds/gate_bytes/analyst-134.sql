SELECT date '2024-02-29' + 1, timestamp '2024-01-01 10:00' - interval '90 minutes', interval '1 day 2 hours' * 2, time '10:00' + interval '1 hour'
