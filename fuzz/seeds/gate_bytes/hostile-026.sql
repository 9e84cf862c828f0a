SELECT * FROM private.secrets
