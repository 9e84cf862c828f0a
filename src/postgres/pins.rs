//! The settings that every session has, whoever asks. They travel in the startup packet, so that `RESET ALL` brings
//! them back instead of the server's defaults, and each statement's verification checks them again. Only the search path
//! of a policy that trusts extensions differs, for the length of a transaction.

/// Makes the list of pins, and the expression that asks for all settings of a verification, from one list.
macro_rules! pins {
    ($($(#[$comment:meta])* $name:literal = $value:literal,)*) => {
        /// Name and value of each pinned setting, as the server reports them in `pg_settings.setting` for this session.
        ///
        /// `session_replication_role` is missing on purpose: an ordinary role may not set it (the server ends the
        /// connection), so it is only verified to be `origin`. `client_encoding` is pinned by the client library as
        /// well.
        pub const PINS: &[(&str, &str)] = &[$(($name, $value)),*];

        /// An array of what the settings are now, in SQL: those of [`PINS`], then those of [`OWN`]. Spelt out, since a
        /// list of names that is unnested costs the server three times as much.
        macro_rules! current_settings {
            () => {
                concat!(
                    "ARRAY[",
                    $("pg_catalog.current_setting('", $name, "'), ",)*
                    "pg_catalog.current_setting('session_replication_role'), \
                     pg_catalog.current_setting('transaction_isolation'), \
                     pg_catalog.current_setting('transaction_read_only'), \
                     pg_catalog.current_setting('role')]"
                )
            };
        }
    };
}

pins! {
    "search_path" = "pg_catalog, pg_temp",
    "standard_conforming_strings" = "on",
    "client_encoding" = "UTF8",
    "transform_null_equals" = "off",
    "array_nulls" = "on",
    "row_security" = "on",
    "DateStyle" = "ISO, MDY",
    "IntervalStyle" = "postgres",
    "TimeZone" = "UTC",
    "bytea_output" = "hex",
    "extra_float_digits" = "1",
    "xmlbinary" = "base64",
    "xmloption" = "content",
    "default_text_search_config" = "pg_catalog.english",
    "default_transaction_isolation" = "read committed",
    "default_transaction_read_only" = "on",
    "client_min_messages" = "error",
    // A transaction of ours is idle between two flights only; locks must not outlive a process that hangs there.
    "idle_in_transaction_session_timeout" = "1min",
}

/// What is verified beside the pins, in the order of [`current_settings`]: it can't be pinned, or differs by statement.
pub(crate) const OWN: [&str; 4] =
    ["session_replication_role", "transaction_isolation", "transaction_read_only", "role"];

pub(super) use current_settings;

/// The pins as the `options` of a startup packet: `-c name=value`, with spaces and backslashes escaped.
pub(crate) fn startup_options() -> String {
    let mut options = String::new();
    for (name, value) in PINS {
        if !options.is_empty() {
            options.push(' ');
        }
        options.push_str("-c ");
        options.push_str(name);
        options.push('=');
        for character in value.chars() {
            if character.is_whitespace() || character == '\\' {
                options.push('\\');
            }
            options.push(character);
        }
    }
    options
}

/// The pins as settings of a login role, whose quoted name is given: for where a pooler doesn't pass the startup packet's
/// `options` on. PostgreSQL applies them at each login, and `RESET ALL` brings them back as well.
pub(crate) fn role_settings(role: &str) -> Vec<String> {
    // What the client library says in the startup packet by itself is passed on by poolers.
    let by_role = PINS.iter().filter(|(name, _)| *name != "client_encoding");
    let quoted = |(name, value): &(&str, &str)| match *name {
        // A list of names, and in quotes it would be one name.
        "search_path" => format!("ALTER ROLE {role} SET {name} = {value};"),
        _ => format!("ALTER ROLE {role} SET {name} = '{value}';"),
    };
    by_role.map(quoted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_a_role_are_statements() {
        let statements = role_settings("wicket");
        assert_eq!(statements.first().unwrap(), "ALTER ROLE wicket SET search_path = pg_catalog, pg_temp;");
        assert!(statements.contains(&"ALTER ROLE wicket SET DateStyle = 'ISO, MDY';".to_owned()));
        assert_eq!(statements.len(), PINS.len() - 1);
    }

    #[test]
    fn spaces_in_values_are_escaped() {
        let options = startup_options();
        assert!(options.starts_with(r"-c search_path=pg_catalog,\ pg_temp -c standard_conforming_strings=on "));
        assert!(options.contains(r"-c default_transaction_isolation=read\ committed"));
    }

    #[test]
    fn what_is_asked_for_is_in_the_order_of_what_is_expected() {
        let asked: Vec<&str> = current_settings!().split('\'').skip(1).step_by(2).collect();
        let expected: Vec<&str> = PINS.iter().map(|(name, _)| *name).chain(OWN).collect();
        assert_eq!(asked, expected);
    }

    #[test]
    fn no_pin_is_named_twice() {
        for (index, (name, _)) in PINS.iter().enumerate() {
            assert!(PINS.iter().skip(index + 1).all(|(other, _)| !other.eq_ignore_ascii_case(name)), "{name}");
        }
    }
}
