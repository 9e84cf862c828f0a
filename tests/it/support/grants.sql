GRANT USAGE ON SCHEMA sales, hr, scratch TO wicket, wicket_reader;
GRANT ALL ON ALL TABLES IN SCHEMA sales, hr, scratch TO wicket;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA sales, hr, scratch TO wicket;
GRANT SELECT ON ALL TABLES IN SCHEMA sales TO wicket_reader;
