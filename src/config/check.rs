//! What holds for any text as a configuration: for the fuzz crate and the unit tests.

use std::fs;
use std::path::Path;

use secrecy::ExposeSecret;

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
        let (mut notes, mut faults) = (Notes::default(), Faults::default());
        let layers =
            [Layer::of_url(environment, &mut faults), Layer::of_variables(environment, &mut notes, &mut faults)];
        let [url, variables] = layers;
        // No file but those of the input is read.
        let files = [&url, &variables].into_iter().any(Layer::reads_a_file);
        let known = if files { None } else { database::join(vec![url, variables], &mut notes, &mut faults) };
        let told = format!("{known:?} {faults} {faults:?} {notes:?}");
        for secret in secrets(environment) {
            let elsewhere = others(environment).any(|text| text.contains(&secret));
            assert!(
                secret.len() < SHORTEST_SECRET || elsewhere || !told.contains(&secret),
                "a password is told: {told}"
            );
        }
    }
    is_sound
}

/// Shorter ones may stand in a message by chance.
const SHORTEST_SECRET: usize = 8;

/// What must not be told.
fn secrets(environment: &Environment) -> Vec<String> {
    let url = environment.raw("DATABASE_URL").and_then(|text| text.to_str()).and_then(|text| url::parse(text).ok());
    let of_url = url.and_then(|parts| parts.password).map(|password| password.expose_secret().to_owned());
    let plain = environment.raw("POSTGRES_PASSWORD").and_then(|secret| secret.to_str()).map(str::to_owned);
    of_url.into_iter().chain(plain).collect()
}

/// What may be told: whoever writes the password there, too, has told it.
fn others(environment: &Environment) -> impl Iterator<Item = String> {
    let url = environment.raw("DATABASE_URL").and_then(|text| text.to_str()).and_then(|text| url::parse(text).ok());
    let of_url = url.into_iter().flat_map(|parts| parts.settings.into_iter().map(|(_, value)| value));
    let is_other = |name: &&str| !["POSTGRES_PASSWORD", "DATABASE_URL"].contains(name);
    let names = environment.names("").filter(is_other);
    of_url.chain(names.flat_map(|name| {
        [name.to_owned(), environment.raw(name).map_or(String::new(), |value| value.to_string_lossy().into_owned())]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
