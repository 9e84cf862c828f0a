//! `DATABASE_URL`, taken apart into the settings of `[database]`. No error quotes any of it: the password is inside.

use secrecy::SecretString;

/// What a URL says, by the settings' names; the password apart.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub settings: Vec<(&'static str, String)>,
    pub password: Option<SecretString>,
}

/// libpq's names of parameters, and ours.
const PARAMETERS: [(&str, &str); 8] = [
    ("host", "host"),
    ("port", "port"),
    ("dbname", "db"),
    ("user", "user"),
    ("sslmode", "ssl_mode"),
    ("sslrootcert", "ssl_root_cert"),
    ("sslcert", "ssl_cert"),
    ("sslkey", "ssl_key"),
];

/// The parameter that gives a setting.
#[cfg(any(test, feature = "check"))]
pub(super) fn parameter(setting: &'static str) -> &'static str {
    PARAMETERS.iter().find(|(_, known)| *known == setting).map_or(setting, |(parameter, _)| parameter)
}

/// Takes `postgresql://user:password@host:port/db?sslmode=…` apart. The error is a sentence and what to do.
pub(super) fn parse(url: &str) -> Result<Parts, (String, String)> {
    let shape = || {
        let help = "as in `postgresql://user@host:5432/db`; `/`, `?`, `#` and `@` in a password are written %2F, %3F, %23, %40";
        ("the value is not a PostgreSQL URL".to_owned(), help.to_owned())
    };
    let rest = ["postgresql://", "postgres://"].iter().find_map(|scheme| url.strip_prefix(scheme)).ok_or_else(shape)?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    // Signs of a password that wasn't encoded: then what looks like a host or a database may be a part of it.
    if query.contains(['#', '?', '@']) || path.contains(['/', '@', '#']) || authority.contains('#') {
        return Err(shape());
    }
    let mut parts = Parts::default();
    let (login, server) = match authority.rsplit_once('@') {
        Some((login, server)) => (login, server),
        None => ("", authority),
    };
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, port) = split_port(server).ok_or_else(shape)?;
    for (setting, text) in [("user", user), ("host", host), ("port", port), ("db", path)] {
        parts.set(setting, text)?;
    }
    if !password.is_empty() {
        parts.password = Some(decoded(password)?.into());
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(shape)?;
        if name == "password" {
            parts.password = Some(decoded(value)?.into());
            continue;
        }
        let Some((_, setting)) = PARAMETERS.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = PARAMETERS.iter().map(|(known, _)| *known).collect();
            // Only a name made of letters is quoted: anything else could be a part of a password in the wrong place.
            let plain = name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            let what = if plain { format!("parameter `{name}`") } else { "parameter".to_owned() };
            return Err((
                format!("the URL has a {what} that pgwicket doesn't know"),
                format!("known: {}, password", known.join(", ")),
            ));
        };
        parts.set(setting, value)?;
    }
    Ok(parts)
}

impl Parts {
    fn set(&mut self, setting: &'static str, text: &str) -> Result<(), (String, String)> {
        if !text.is_empty() {
            let value = decoded(text)?;
            self.settings.retain(|(known, _)| *known != setting);
            self.settings.push((setting, value));
        }
        Ok(())
    }
}

/// Host and port of `host`, `host:port`, `[::1]:port`.
fn split_port(server: &str) -> Option<(&str, &str)> {
    if let Some(rest) = server.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        return Some((host, if rest.is_empty() { "" } else { rest.strip_prefix(':')? }));
    }
    let (host, port) = server.split_once(':').unwrap_or((server, ""));
    port.bytes().all(|byte| byte.is_ascii_digit()).then_some((host, port))
}

/// Undoes `%41`.
fn decoded(text: &str) -> Result<String, (String, String)> {
    let fault = || {
        ("the URL has a `%` that begins no character".to_owned(), "write `%25` for a percent sign itself".to_owned())
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else { return Err(fault()) };
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| fault())?);
    }
    String::from_utf8(bytes).map_err(|_| fault())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn urls_come_apart() {
        for (url, expected, password) in [
            (
                "postgresql://ana:p%40ss%2F@db.example.com:5433/shop?sslmode=verify-ca",
                &[
                    ("user", "ana"),
                    ("host", "db.example.com"),
                    ("port", "5433"),
                    ("db", "shop"),
                    ("ssl_mode", "verify-ca"),
                ][..],
                Some("p@ss/"),
            ),
            (
                "postgres://ana@[::1]:5433/shop",
                &[("user", "ana"), ("host", "::1"), ("port", "5433"), ("db", "shop")],
                None,
            ),
            ("postgres://[::1]/shop", &[("host", "::1"), ("db", "shop")], None),
            (
                "postgres:///shop?host=/run/postgresql&user=a%20b",
                &[("db", "shop"), ("host", "/run/postgresql"), ("user", "a b")],
                None,
            ),
            ("postgres://h/d?password=x", &[("host", "h"), ("db", "d")], Some("x")),
            ("postgres://u:a@b@h/d", &[("user", "u"), ("host", "h"), ("db", "d")], Some("a@b")),
        ] {
            let parts = parse(url).unwrap_or_else(|(error, _)| panic!("{url}: {error}"));
            let settings: Vec<(&str, &str)> =
                parts.settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(settings, expected, "{url}");
            assert_eq!(parts.password.as_ref().map(|secret| secret.expose_secret()), password, "{url}");
        }
    }

    #[test]
    fn faults_quote_nothing_of_the_password() {
        for url in [
            "ana:s3cret@host/db",
            "mysql://ana:s3cret@host/db",
            "postgres://ana:s3cret%zz@host/db",
            "postgres://ana:s3cret@h:1:2/db",
            "postgres://ana:s3cret@host/db/more",
            "postgres://ana:x?s3cret@host/db",
            "postgres://ana:x?S3cret=1@host/db",
            "postgres://ana:s3cret@host/db?channel_binding=require",
            "postgres://ana:s3cret@[::1/db",
            "postgres://ana:12/s3cret@host/db",
            "postgres://ana:s3cret/12@host",
            "postgres://ana:s3cret?a=b@host/db",
            "postgres://ana:s3cret#@host/db",
        ] {
            let (message, help) = parse(url).unwrap_err();
            assert!(!format!("{message} {help}").to_lowercase().contains("s3cret"), "{url}: {message}");
        }
        assert!(parse("postgres://h/d?channel_binding=require").unwrap_err().0.contains("`channel_binding`"));
    }
}
