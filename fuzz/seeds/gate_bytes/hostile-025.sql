TABLE private.secrets
