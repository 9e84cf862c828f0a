SELECT extract(epoch FROM interval '2 hours'), extract(dow FROM date '2024-02-29'), date_part('year', date '2024-02-29')
