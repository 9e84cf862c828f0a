//! The database's settings by precedence: `DATABASE_URL`, then `pgwicket.toml`, then `.env`, then the environment; the
//! last one that says something holds. Where two disagree it is said which one holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

use super::environment::Environment;
use super::fault::{Fault, Faults, Place};
use super::principals::plain;
use super::{keys, url};
use crate::gate::policy::suggest::nearest;
use crate::postgres::{DatabaseConfig, DatabaseSettings, SettingError};

/// Settings that are paths, taken from the directory of where they are written.
const PATHS: [&str; 3] = ["ssl_root_cert", "ssl_cert", "ssl_key"];

/// The settings beside the password, by their keys.
fn settings() -> impl Iterator<Item = &'static str> {
    keys::ALL.in_section("database").map(|key| key.name()).filter(|name| *name != "password_file")
}

/// The variable of a setting.
fn variable(setting: &str) -> String {
    format!("POSTGRES_{}", setting.to_ascii_uppercase())
}

/// What is no fault and worth saying.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Settings that overrule others.
    pub overruled: Vec<String>,
    /// Variables that look like one of ours and aren't. With something wrong beside, they may be the cause.
    pub misspelt: Vec<Fault>,
}

/// What one source says.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub settings: BTreeMap<&'static str, (String, Place)>,
    pub password: Option<(Password, Place)>,
}

/// The password itself, or the file that holds it.
#[derive(Debug)]
pub(super) enum Password {
    Plain(SecretString),
    File(PathBuf),
}

impl Layer {
    /// Whether joining it would read a file.
    #[cfg(any(test, feature = "check"))]
    pub fn reads_a_file(&self) -> bool {
        matches!(self.password, Some((Password::File(_), _)))
    }

    /// `DATABASE_URL` of an environment.
    pub fn of_url(environment: &Environment, faults: &mut Faults) -> Self {
        let mut layer = Self::default();
        let Some(text) = environment.text("DATABASE_URL", faults) else { return layer };
        let place = environment.place("DATABASE_URL");
        match url::parse(&text) {
            Ok(parts) => {
                layer.settings =
                    parts.settings.into_iter().map(|(name, value)| (name, (value, place.clone()))).collect();
                layer.password = parts.password.map(|password| (Password::Plain(password), place));
            }
            Err((message, help)) => faults.push(Fault::new(place, message).help(help)),
        }
        layer
    }

    /// `POSTGRES_…` of an environment.
    pub fn of_variables(environment: &Environment, notes: &mut Notes, faults: &mut Faults) -> Self {
        let mut layer = Self::default();
        for setting in settings() {
            let name = variable(setting);
            let Some(mut text) = environment.text(&name, faults) else { continue };
            if PATHS.contains(&setting) {
                text = environment.directory().join(text).to_string_lossy().into_owned();
            }
            layer.settings.insert(setting, (text, environment.place(&name)));
        }
        let password = environment.text("POSTGRES_PASSWORD", faults);
        let file = environment.text("POSTGRES_PASSWORD_FILE", faults);
        layer.password = match (password, file) {
            (Some(_), Some(_)) => {
                let place = environment.place("POSTGRES_PASSWORD");
                let message = "`POSTGRES_PASSWORD` and `POSTGRES_PASSWORD_FILE` are both set";
                faults.push(Fault::new(place, message).help("set one of them"));
                None
            }
            (Some(password), None) => Some((Password::Plain(password.into()), environment.place("POSTGRES_PASSWORD"))),
            (None, Some(file)) => {
                Some((Password::File(environment.directory().join(file)), environment.place("POSTGRES_PASSWORD_FILE")))
            }
            (None, None) => None,
        };
        slips(environment, notes);
        layer
    }

    fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.password.is_none()
    }
}

/// Variables that look like one of ours and aren't.
fn slips(environment: &Environment, notes: &mut Notes) {
    let known: Vec<String> = settings().chain(["password", "password_file"]).map(variable).collect();
    for name in environment.names("POSTGRES_").filter(|name| !known.iter().any(|one| one == name)) {
        if let Some(near) = nearest(name, known.iter().map(String::as_str)) {
            let fault = Fault::new(environment.place(name), "this variable is not read");
            notes.misspelt.push(fault.help(format!("did you mean `{near}`?")));
        }
    }
}

/// The database, and where each setting of it is written.
#[derive(Debug, Clone)]
pub struct Database {
    /// What to connect to.
    pub config: DatabaseConfig,
    places: BTreeMap<&'static str, Place>,
    /// What is said of the settings beside the password, as it was written.
    said: BTreeMap<&'static str, String>,
    password_file: Option<PathBuf>,
}

impl Database {
    /// The settings beside the password, as they were written where they hold.
    pub(super) fn said(&self) -> &BTreeMap<&'static str, String> {
        &self.said
    }

    /// Where the password comes from.
    pub(super) fn password_place(&self) -> Option<&Place> {
        self.places.get("password")
    }

    /// The file that the password was read from.
    pub fn password_file(&self) -> Option<&Path> {
        self.password_file.as_deref()
    }

    /// A setting that turned out not to be usable, with its place.
    pub fn fault(&self, error: SettingError) -> Fault {
        fault(error, &self.places)
    }
}

/// Joins the layers, lowest first. `None` where nothing is said at all.
pub(super) fn join(layers: Vec<Layer>, notes: &mut Notes, faults: &mut Faults) -> Option<Database> {
    if layers.iter().all(Layer::is_empty) {
        return None;
    }
    let mut values: BTreeMap<&'static str, (String, Place)> = BTreeMap::new();
    let mut password: Option<(Password, Place)> = None;
    for layer in layers {
        for (setting, (value, place)) in layer.settings {
            if let Some((before, overruled)) = values.get(setting)
                && *before != value
            {
                notes.overruled.push(format!("`{setting}` is taken from {place}; {overruled} says otherwise"));
            }
            values.insert(setting, (value, place));
        }
        if let Some((given, place)) = layer.password {
            if let Some((_, overruled)) = &password {
                notes.overruled.push(format!("the password is taken from {place}; {overruled} is not used"));
            }
            password = Some((given, place));
        }
    }
    let mut places: BTreeMap<&'static str, Place> =
        values.iter().map(|(setting, (_, place))| (*setting, place.clone())).collect();
    let before = faults.0.len();
    let password_file = match &password {
        Some((Password::File(path), _)) => Some(path.clone()),
        Some((Password::Plain(_), _)) | None => None,
    };
    let said = values.iter().map(|(setting, (value, _))| (*setting, value.clone())).collect();
    let settings = typed(values, password, &mut places, faults);
    match DatabaseConfig::new(settings) {
        Ok(config) if faults.0.len() == before => Some(Database { config, places, said, password_file }),
        Ok(_) => None,
        Err(errors) => {
            errors.into_iter().for_each(|error| faults.push(fault(error, &places)));
            None
        }
    }
}

fn typed(
    values: BTreeMap<&'static str, (String, Place)>,
    password: Option<(Password, Place)>,
    places: &mut BTreeMap<&'static str, Place>,
    faults: &mut Faults,
) -> DatabaseSettings {
    let text = |setting: &str| values.get(setting).map(|(value, _)| value.clone());
    let path = |setting: &str| text(setting).map(PathBuf::from);
    let password = password.and_then(|(password, place)| {
        let secret = read(password).map_err(|message| faults.push(Fault::new(place.clone(), message))).ok();
        places.insert("password", place);
        secret
    });
    DatabaseSettings {
        host: text("host"),
        port: number(&values, "port", "a port from 1 to 65535", faults),
        db: text("db"),
        user: text("user"),
        password,
        ssl_mode: text("ssl_mode"),
        ssl_root_cert: path("ssl_root_cert"),
        ssl_cert: path("ssl_cert"),
        ssl_key: path("ssl_key"),
        pool_size: number(&values, "pool_size", "a whole number from 1 to 1000", faults),
        max_overflow: number(&values, "max_overflow", "a whole number from 0 to 1000", faults),
        pooler: text("pooler"),
    }
}

fn number<T: FromStr>(
    values: &BTreeMap<&'static str, (String, Place)>,
    setting: &str,
    expected: &str,
    faults: &mut Faults,
) -> Option<T> {
    let (text, place) = values.get(setting)?;
    let number = text.trim().parse().ok();
    if number.is_none() {
        faults.push(Fault::new(place.clone(), format!("`{text}` is not {expected}")));
    }
    number
}

/// The password; of a file, without the line's end.
fn read(password: Password) -> Result<SecretString, String> {
    let path = match password {
        Password::Plain(secret) => return Ok(secret),
        Password::File(path) => path,
    };
    let text: SecretString = match std::fs::read_to_string(&path) {
        Ok(text) => text.into(),
        Err(error) => return Err(format!("the password file `{}` can't be read: {}", path.display(), plain(&error))),
    };
    let line = text.expose_secret();
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(format!("the password file `{}` is empty", path.display()));
    }
    Ok(line.to_owned().into())
}

fn fault(error: SettingError, places: &BTreeMap<&'static str, Place>) -> Fault {
    let place = places.get(error.setting).cloned().unwrap_or(Place::Nowhere);
    Fault { place, message: error.message, help: error.help }
}
