//! What holds for any text as a configuration: for the fuzz crate and the unit tests.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::database::Layer;
use super::environment::Environment;
use super::fault::{Faults, Place};
use super::file::File;
use super::{Notes, database, url};

/// Takes the input's parts, which zero bytes separate, as `pgwicket.toml`, `.env`, and lines `NAME=value` of the
/// environment; whether the first is without a fault.
///
/// # Panics
/// A property doesn't hold.
#[expect(clippy::expect_used, reason = "a failed check has to be loud")]
pub fn read_any(data: &[u8]) -> bool {
    let mut parts = data.splitn(3, |byte| *byte == 0).map(String::from_utf8_lossy);
    let mut part = || parts.next().unwrap_or_default().into_owned();
    let (toml, dotenv, variables) = (part(), part(), part());
    let path = Path::new("of/pgwicket.toml");
    let read = || {
        let mut faults = Faults::default();
        let file = File::read(path, &toml, &mut faults);
        (format!("{file:?}"), faults)
    };
    let (shown, faults) = read();
    assert_eq!((&shown, &faults), (&read().0, &read().1), "another answer the next time");
    for fault in &faults.0 {
        assert!(!fault.message.is_empty() && !fault.message.ends_with('.'), "{fault:?}");
        let Place::File { line, column, .. } = &fault.place else { continue };
        let lines: Vec<&str> = toml.split('\n').collect();
        let found = (*line as usize).checked_sub(1).and_then(|at| lines.get(at));
        let longest = found.expect("a fault is told of a line that is there").chars().count();
        assert!(column.is_none_or(|column| (1..=longest + 1).contains(&(column as usize))), "{fault:?}");
    }
    let is_sound = faults.0.is_empty();
    let home = tempfile::tempdir().expect("a directory can be made");
    let beside = home.path().join(".env");
    fs::write(&beside, &dotenv).expect("a file can be written");
    let mut faults = Faults::default();
    let dotenv = Environment::read(&beside, &mut faults);
    let environment: Environment = variables.lines().filter_map(|line| line.split_once('=')).collect();
    for environment in [&dotenv, &environment] {
        assert_eq!(told(environment), told(&with_other_passwords(environment)), "the password's content is told");
    }
    is_sound
}

/// All that is said of an environment's settings.
fn told(environment: &Environment) -> String {
    let (mut notes, mut faults) = (Notes::default(), Faults::default());
    let layers = [Layer::of_url(environment, &mut faults), Layer::of_variables(environment, &mut notes, &mut faults)];
    // No file but those of the input is read.
    let files = layers.iter().any(Layer::reads_a_file);
    let known = if files { None } else { database::join(layers.into(), &mut notes, &mut faults) };
    format!("{known:?} {faults} {faults:?} {notes:?}")
}

/// The environment with other passwords at the same places. A password may stand in what is told by chance, where it is
/// a word of a message or a setting's default; then it stands there whatever the password is.
fn with_other_passwords(environment: &Environment) -> Environment {
    let text = |name| environment.raw(name).and_then(|value| value.to_str());
    let mut changed = environment.clone();
    if text("POSTGRES_PASSWORD").is_some() {
        changed = changed.with("POSTGRES_PASSWORD", OTHER_PASSWORD);
    }
    if let Some(parts) = text("DATABASE_URL").and_then(|text| url::parse(text).ok()) {
        let password = parts.password.map(|_| ("password", OTHER_PASSWORD.to_owned()));
        let pairs = parts.settings.into_iter().map(|(setting, value)| (url::parameter(setting), value)).chain(password);
        let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", encoded(&value))).collect();
        changed = changed.with("DATABASE_URL", &format!("postgresql:///?{}", pairs.join("&")));
    }
    changed
}

const OTHER_PASSWORD: &str = "another password";

/// Every byte as `%41`.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "%{byte:02x}");
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    fn seeds() -> Vec<Vec<u8>> {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/configuration");
        let mut all: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        all.sort();
        all.into_iter().map(|path| fs::read(path).unwrap()).collect()
    }

    #[test]
    fn the_seeds_hold_and_some_of_them_are_sound() {
        let sound = seeds().iter().filter(|seed| read_any(seed)).count();
        let faulty = seeds().len() - sound;
        assert!(sound >= 4 && faulty >= 4, "{sound} are sound, {faulty} aren't");
    }

    #[test]
    fn both_passwords_are_others_and_nothing_else_is() {
        let url = "postgresql://ana:s3cret%2Fword@db:5433/shop?sslmode=verify-ca";
        let environment: Environment =
            [("DATABASE_URL", url), ("POSTGRES_PASSWORD", "s3cret/word")].into_iter().collect();
        let changed = with_other_passwords(&environment);
        assert_eq!(changed.raw("POSTGRES_PASSWORD").unwrap(), OTHER_PASSWORD);
        let parts = |environment: &Environment| {
            url::parse(environment.raw("DATABASE_URL").and_then(|text| text.to_str()).unwrap()).unwrap()
        };
        assert_eq!(parts(&changed).password.unwrap().expose_secret(), OTHER_PASSWORD);
        assert_eq!(parts(&environment).password.unwrap().expose_secret(), "s3cret/word");
        let sorted = |environment| {
            let mut settings = parts(environment).settings;
            settings.sort_unstable();
            settings
        };
        assert_eq!(sorted(&changed), sorted(&environment));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

        /// Lines left out, repeated and moved.
        #[test]
        fn lines_of_configurations(picks in proptest::collection::vec((any::<prop::sample::Index>(), 0..20_u8), 0..40)) {
            let seeds = seeds();
            let lines: Vec<&[u8]> = seeds.iter().flat_map(|seed| seed.split(|byte| *byte == b'\n')).collect();
            let mut text = b"version = 1\n".to_vec();
            for (index, end) in picks {
                let line: &&[u8] = index.get(&lines);
                text.extend_from_slice(line);
                text.push(if end == 0 { 0 } else { b'\n' });
            }
            read_any(&text);
        }
    }
}
