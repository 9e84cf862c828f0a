MERGE INTO scratch.notes n USING sales.orders o ON n.id = o.id WHEN MATCHED THEN DELETE
