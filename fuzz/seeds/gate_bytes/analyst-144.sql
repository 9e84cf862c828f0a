SELECT 'a' || 'b' || 1, NULL || 'x', 'a' < 'b' COLLATE "C"
