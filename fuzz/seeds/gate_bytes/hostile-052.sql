DO $$ BEGIN DELETE FROM scratch.notes; END $$
