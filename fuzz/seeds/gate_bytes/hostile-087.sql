SELECT $1::int, $2::text, $3::jsonb, $1
