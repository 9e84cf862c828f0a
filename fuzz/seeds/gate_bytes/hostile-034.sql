SELECT query_to_xml('select * from hr.customers', true, false, '')
