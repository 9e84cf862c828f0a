SELECT E'tab\there', 'it''s', $$dollar 'quoted'$$, 'back\slash', E'\u00e9'
