SELECT now() > timestamptz '2020-01-01', current_date > date '2020-01-01', localtimestamp > timestamp '2020-01-01', clock_timestamp() >= now()
