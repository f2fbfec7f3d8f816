//! `regie.toml`: where to listen, where the data lie, who may call. Everything has a default that is safe on loopback.
//!
//! Unknown keys are errors; paths are relative to the file. `REGIE_LISTEN`, `REGIE_DATA`, `REGIE_POLICY`, `REGIE_BASE_URL` and
//! `REGIE_SHOP_URL` go before the file. Keys never stand in it: `sha256:` and the hash of one, or `env:` and the variable that holds
//! one. Invariant: a server that others can reach has its master key outside the data folder, and says where it is found.
//! Left out: the policy, a file of its own under review like code.

pub mod mail;
mod place;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use regie_domain::policy::Policy;
use regie_store::{MasterKey, StoreError};
use serde::{Deserialize, Serialize};

use crate::engine::settings::Section;
use crate::http::auth::{ApiKey, Auth, AuthError, KeyHash, Scope, SourceKeys};

/// The variable that holds the master key where the file does not say otherwise.
pub const MASTER_KEY_VARIABLE: &str = "REGIE_MASTER_KEY";
const FROM_ENVIRONMENT: [&str; 5] = ["listen", "data", "policy", "base_url", "shop_url"];

/// The server's configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
    /// The policy file; the built-in one if none.
    pub policy: Option<PathBuf>,
    /// Where the world finds this server. Always there unless only this machine can reach it.
    pub base_url: Option<String>,
    /// Where the shop is, for the way back from the portal.
    pub shop_url: Option<String>,
    /// How recommendations are made; its values are in range.
    pub recommend: Section,
    /// Where mails to customers go through; `None`: none are sent.
    pub mail: Option<mail::MailServer>,
    master_key: Option<MasterKeyPlace>,
    sources: Vec<SourceKeys>,
    api_keys: Vec<ApiKey>,
}

/// What is wrong with a configuration, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Keys that are not known, or values that cannot be.
    #[error("{}", faults.join("\n"))]
    Wrong {
        /// For each: file, line, key and remedy.
        faults: Vec<String>,
    },
    /// A key whose value cannot be used.
    #[error("`{key}`: {why}: {remedy}")]
    Unusable {
        /// The key in the file.
        key: String,
        /// What is wrong.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// Keys that do not fit the policy.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The master key cannot be had.
    #[error(transparent)]
    MasterKey(#[from] StoreError),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: String,
    data: PathBuf,
    policy: Option<PathBuf>,
    base_url: Option<String>,
    shop_url: Option<String>,
    master_key: Option<MasterKeyPlace>,
    #[serde(default)]
    sources: Vec<FileSource>,
    #[serde(default)]
    api_keys: Vec<FileApiKey>,
    #[serde(default)]
    recommend: Section,
    mail: Option<mail::Section>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum MasterKeyPlace {
    File(PathBuf),
    Env(String),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct FileSource {
    id: String,
    keys: Vec<String>,
    #[serde(default)]
    origins: Vec<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct FileApiKey {
    name: String,
    key: String,
    scopes: Vec<String>,
    id_space: String,
}

impl Default for File {
    fn default() -> File {
        File {
            listen: "127.0.0.1:7070".into(),
            data: "regie-data".into(),
            policy: None,
            base_url: None,
            shop_url: None,
            master_key: None,
            sources: Vec::new(),
            api_keys: Vec::new(),
            recommend: Section::default(),
            mail: None,
        }
    }
}

impl Config {
    /// Reads a file and the environment.
    ///
    /// # Errors
    /// [`ConfigError`] names the key and the remedy.
    pub fn load(file: &Path) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|error| ConfigError::Unreadable { file: file.to_owned(), error })?;
        let folder = file.parent().unwrap_or(Path::new(""));
        Config::read(&text, &file.display().to_string(), folder, |variable| std::env::var(variable).ok())
    }

    /// Without a file: the defaults and the environment.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn from_environment() -> Result<Config, ConfigError> {
        Config::read("", "the environment", Path::new(""), |variable| std::env::var(variable).ok())
    }

    fn read(text: &str, name: &str, folder: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        if let Some((line, why)) = place::not_toml(text) {
            return Err(ConfigError::Wrong { faults: vec![format!("{name}:{line}: not readable as TOML: {why}")] });
        }
        let mut figment = Figment::from(Serialized::defaults(File::default()))
            .merge(Toml::string(text))
            .merge(Env::prefixed("REGIE_").only(&FROM_ENVIRONMENT));
        // figment's own reading of the file would keep the first fault only.
        figment = figment.select("default");
        let file: File = figment
            .extract()
            .map_err(|errors| ConfigError::Wrong { faults: errors.into_iter().map(|e| described(&e, text, name)).collect() })?;
        let listen: SocketAddr =
            file.listen.parse().map_err(|_| unusable("listen", "not an address and port", "write for example \"127.0.0.1:7070\""))?;
        let base_url = file.base_url.map(|url| address("base_url", &url)).transpose()?;
        let shop_url = file.shop_url.map(|url| address("shop_url", &url)).transpose()?;
        if base_url.is_none() && !listen.ip().is_loopback() {
            return Err(unusable(
                "base_url",
                "missing, and others than this machine can reach the server",
                "say where customers find it, such as base_url = \"https://mijn.winkel.example\"",
            ));
        }
        file.recommend.settings().map_err(|e| {
            let path = ["recommend", e.key];
            let place = place::line_of(text, path).map_or_else(|| name.to_owned(), |line| format!("{name}:{line}"));
            ConfigError::Wrong { faults: vec![format!("{place}: `{}` {}: {}", path.join("."), e.why, e.remedy)] }
        })?;
        let mail = file.mail.map(|mail| mail.read(folder, base_url.as_deref(), &variable)).transpose()?;
        let sources = file.sources.into_iter().map(|s| source(s, &variable)).collect::<Result<_, _>>()?;
        let api_keys = file.api_keys.into_iter().map(|k| api_key(k, &variable)).collect::<Result<_, _>>()?;
        let master_key = file.master_key.map(|place| match place {
            MasterKeyPlace::File(file) => MasterKeyPlace::File(folder.join(file)),
            env @ MasterKeyPlace::Env(_) => env,
        });
        let master_key = master_key.or_else(|| variable(MASTER_KEY_VARIABLE).map(|_| MasterKeyPlace::Env(MASTER_KEY_VARIABLE.to_owned())));
        Ok(Config {
            listen,
            data: folder.join(file.data),
            policy: file.policy.map(|p| folder.join(p)),
            base_url,
            shop_url,
            recommend: file.recommend,
            mail,
            master_key,
            sources,
            api_keys,
        })
    }

    /// The policy's text: the file's, or the built-in one's.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`].
    pub fn policy_text(&self) -> Result<String, ConfigError> {
        match &self.policy {
            Some(file) => std::fs::read_to_string(file).map_err(|error| ConfigError::Unreadable { file: file.clone(), error }),
            None => Ok(crate::BUILT_IN_POLICY.to_owned()),
        }
    }

    /// The master key: from where the file says; else, on loopback only, the one in the data folder, which a first start makes.
    ///
    /// # Errors
    /// [`ConfigError::Unusable`] where others can reach the server and the key lies in the data folder; those of reading it.
    pub fn master_key(&self) -> Result<MasterKey, ConfigError> {
        let beside_data = self.data.join("master.key");
        let is_alone = self.listen.ip().is_loopback();
        let outside = "keep it elsewhere: whoever copies the folder must not get the key with it";
        if !is_alone && beside_data.exists() {
            return Err(unusable(
                "master_key",
                "there is a master.key in the data folder, and others than this machine can reach the server",
                outside,
            ));
        }
        match &self.master_key {
            Some(MasterKeyPlace::File(file)) => {
                if !is_alone && is_inside(file, &self.data) {
                    return Err(unusable(
                        "master_key",
                        "the file lies in the data folder, and others than this machine can reach the server",
                        outside,
                    ));
                }
                Ok(MasterKey::from_file(file)?)
            }
            Some(MasterKeyPlace::Env(variable)) => Ok(MasterKey::from_env(variable)?),
            None if !is_alone => Err(unusable(
                "master_key",
                "missing",
                "make one with `openssl rand -hex 32` and write master_key = { file = \"…\" } or { env = \"…\" }",
            )),
            None => Ok(MasterKey::load_or_generate_in(&self.data)?),
        }
    }

    /// The keys, checked against the policy.
    ///
    /// # Errors
    /// [`ConfigError::Auth`].
    pub fn auth(&self, policy: &Policy) -> Result<Auth, ConfigError> {
        Ok(Auth::new(self.sources.clone(), self.api_keys.clone(), policy)?)
    }

    /// What an operator should know who did not mean it so. Without keys the server is safe, for it lets nobody in, and useless.
    pub fn warnings(&self) -> Vec<&'static str> {
        let mut all = Vec::new();
        if self.api_keys.is_empty() {
            all.push(
                "no API key is configured: no system can look customers up, record choices, ask for recommendations or make links \
                 into the portal; add [[api_keys]] to the configuration",
            );
        }
        if self.sources.is_empty() {
            all.push("no source has a key: no event can be collected; add [[sources]] to the configuration");
        }
        all
    }

    /// May cookies travel over TLS only? Not where only this machine can reach the server without it.
    pub fn secure_cookies(&self) -> bool {
        self.base_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

fn unusable(key: &str, why: impl Into<String>, remedy: impl Into<String>) -> ConfigError {
    ConfigError::Unusable { key: key.to_owned(), why: why.into(), remedy: remedy.into() }
}

/// A fault as a person reads it, with its place. Values are not repeated: a key might stand where it should not.
fn described(e: &figment::Error, text: &str, file: &str) -> String {
    use figment::error::Kind;
    let mut path = e.path.clone();
    if let Kind::UnknownField(name, _) = &e.kind
        && path.last() != Some(name)
    {
        path.push(name.clone());
    }
    if let Kind::MissingField(name) = &e.kind {
        path.push(name.to_string());
    }
    let key = path.join(".");
    let from_environment = e.metadata.as_ref().is_some_and(|m| m.name.contains("environment"));
    let place = match place::line_of(text, path.iter().map(String::as_str)).filter(|_| !from_environment) {
        Some(line) => format!("{file}:{line}"),
        None if from_environment => "the environment".to_owned(),
        None => file.to_owned(),
    };
    let fault = match &e.kind {
        Kind::UnknownField(_, known) => format!("is no key of regie's: correct it or leave it out; there are {}", known.join(", ")),
        Kind::MissingField(_) => "is missing: add it".to_owned(),
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("has the wrong type: expected {expected}"),
        Kind::UnknownVariant(_, known) => format!("cannot be this: choose from {}", known.join(", ")),
        _ => "cannot be read".to_owned(),
    };
    format!("{place}: `{key}` {fault}")
}

/// An absolute http or https address, without a slash at the end.
fn address(key: &str, url: &str) -> Result<String, ConfigError> {
    let url = url.trim_end_matches('/');
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if rest.is_none_or(|rest| rest.is_empty() || rest.contains(['"', '<', ' ', '?', '#'])) {
        return Err(unusable(key, "not an address", "write for example \"https://mijn.winkel.example\""));
    }
    Ok(url.to_owned())
}

fn source(s: FileSource, variable: &impl Fn(&str) -> Option<String>) -> Result<SourceKeys, ConfigError> {
    let at = format!("sources.{}", s.id);
    if s.keys.is_empty() {
        return Err(unusable(&format!("{at}.keys"), "no key", "write keys = [\"sha256:…\"]: the source could not send anything"));
    }
    let keys = s.keys.iter().map(|key| key_hash(&format!("{at}.keys"), key, variable)).collect::<Result<_, _>>()?;
    let origins = s.origins.iter().map(|o| self_contained_origin(&at, o)).collect::<Result<_, _>>()?;
    Ok(SourceKeys { source: s.id, keys, origins })
}

fn self_contained_origin(at: &str, origin: &str) -> Result<String, ConfigError> {
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-:[]".contains(c);
    if authority.is_none_or(|a| a.is_empty() || !a.chars().all(is_plain)) {
        return Err(unusable(
            &format!("{at}.origins"),
            "not an origin",
            "write scheme, host and port as browsers send them, such as \"https://www.winkel.example\"; `*` is not accepted",
        ));
    }
    Ok(origin.to_owned())
}

fn api_key(k: FileApiKey, variable: &impl Fn(&str) -> Option<String>) -> Result<ApiKey, ConfigError> {
    let at = format!("api_keys.{}", k.name);
    let key = key_hash(&format!("{at}.key"), &k.key, variable)?;
    let mut scopes = HashSet::new();
    for name in &k.scopes {
        let Some(scope) = Scope::ALL.into_iter().find(|s| s.name() == name) else {
            let all: Vec<&str> = Scope::ALL.iter().map(|s| s.name()).collect();
            return Err(unusable(&format!("{at}.scopes"), "an unknown scope", format!("choose from {}", all.join(", "))));
        };
        scopes.insert(scope);
    }
    Ok(ApiKey { name: k.name, key, scopes, id_space: k.id_space })
}

fn key_hash(at: &str, text: &str, variable: &impl Fn(&str) -> Option<String>) -> Result<KeyHash, ConfigError> {
    if let Some(hex) = text.strip_prefix("sha256:") {
        return KeyHash::parse(hex).ok_or_else(|| {
            unusable(at, "`sha256:` is not followed by 64 hexadecimal digits", "hash the key with `printf %s KEY | sha256sum`")
        });
    }
    if let Some(name) = text.strip_prefix("env:") {
        let key = variable(name).filter(|key| !key.is_empty());
        return key
            .map(|key| KeyHash::of(&key))
            .ok_or_else(|| unusable(at, format!("the environment variable {name} is not set"), "set it to the key"));
    }
    Err(unusable(
        at,
        "a key does not stand here as it is",
        "write \"sha256:…\" with its hash (`printf %s KEY | sha256sum`), or \"env:NAME\"",
    ))
}

/// Does a file lie in a folder, as far as the file system can say?
fn is_inside(file: &Path, folder: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    real(file).starts_with(real(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn read(text: &str) -> Result<Config, ConfigError> {
        Config::read(text, "regie.toml", Path::new("/etc/regie"), |name| (name == "SHOP_KEY").then(|| "abc".to_owned()))
    }

    #[test]
    fn nothing_is_enough_on_loopback() {
        let config = read("").unwrap();
        assert_eq!((config.listen.to_string().as_str(), config.data.as_path()), ("127.0.0.1:7070", Path::new("/etc/regie/regie-data")));
        assert!(!config.secure_cookies());
        assert_eq!(config.policy_text().unwrap(), crate::BUILT_IN_POLICY);
    }

    #[test]
    fn what_tuning_prints_goes_in_unchanged() {
        use regie_recommend::evaluate::report::ParameterList;
        use regie_recommend::{Parameters, VisitDecay};
        let tuned = Parameters {
            m: 700,
            k: 288,
            decay: VisitDecay::Exponential { factor: 0.9 },
            ipw: 1.0,
            snh_half_life: 86_400,
            ..Parameters::default()
        };
        for parameters in [tuned, Parameters::vmis()] {
            let list = serde_json::to_value(ParameterList::from(&parameters)).unwrap();
            let lines: Vec<String> = list.as_object().unwrap().iter().map(|(name, value)| format!("{name} = {value}")).collect();
            let text = format!("[recommend]\nalgorithm = \"{}\"\n{}\n", parameters.algorithm.name(), lines.join("\n"));
            assert_eq!(read(&text).unwrap().recommend.settings().unwrap().parameters, parameters, "{text}");
        }
    }

    #[test]
    fn a_setting_for_recommendations_that_cannot_be_is_named_with_its_line() {
        for (text, said) in [
            ("[recommend]\nm = 500\nk = 0\n", "regie.toml:3: `recommend.k` is 0: choose a number from 1 to 4000"),
            ("[recommend]\nspw = 2.0\n", "regie.toml:2: `recommend.spw` is 2: choose a number over 0 and at most 1"),
            ("[recommend]\nneighbours = 5\n", "regie.toml:2: `recommend.neighbours` is no key of regie's"),
            ("[recommend]\nk = \"many\"\n", "regie.toml:2: `recommend.k` has the wrong type"),
            ("[recommend]\nnew_every = 1\n", "regie.toml:2: `recommend.new_every` is 1: choose 0 for none"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }

    #[test]
    fn all_of_it_is_read() {
        let text = format!(
            r#"
            listen = "0.0.0.0:443"
            data = "/srv/regie"
            base_url = "https://mijn.winkel.example/"
            master_key = {{ env = "SOMEWHERE" }}
            [[sources]]
            id = "shop"
            keys = ["{HASH}", "env:SHOP_KEY"]
            origins = ["https://www.winkel.example", "http://localhost:3000"]
            [[api_keys]]
            name = "shop's back end"
            key = "{}"
            scopes = ["customers", "portal-links"]
            id_space = "shop"
            "#,
            HASH.replace("ba78", "ba79"),
        );
        let config = read(&text).unwrap();
        assert_eq!(config.base_url.as_deref(), Some("https://mijn.winkel.example"));
        assert!(config.secure_cookies());
        assert_eq!(config.sources[0].keys[0], config.sources[0].keys[1], "both are the key abc");
        assert!(config.api_keys[0].scopes.contains(&Scope::PortalLinks));
    }

    #[test]
    fn faults_name_the_key_and_the_remedy_and_repeat_no_secret() {
        let cases = [
            ("lisen = \"x\"", "lisen", "listen"),
            ("listen = 7070", "listen", "expected"),
            ("listen = \"here\"", "listen", "127.0.0.1:7070"),
            ("listen = \"0.0.0.0:80\"", "base_url", "https://"),
            ("base_url = \"mijn.winkel.example\"", "base_url", "https://"),
            ("[[sources]]\nid = \"shop\"\nkeys = [\"s3cret\"]", "sources.shop.keys", "sha256sum"),
            ("[[sources]]\nid = \"shop\"\nkeys = [\"sha256:s3cret\"]", "sources.shop.keys", "sha256sum"),
            ("[[sources]]\nid = \"shop\"\nkeys = [\"env:NOWHERE\"]", "sources.shop.keys", "NOWHERE"),
            ("[[sources]]\nid = \"shop\"\nkeys = []", "sources.shop.keys", "sha256"),
            ("[[sources]]\nid = \"shop\"\nkeys = \"s3cret\"", "keys", "expected"),
            ("[[sources]]\nid = \"shop\"\nkey = \"s3cret\"", "key", "keys"),
            ("[[sources]]\nkeys = []", "id", "add it"),
            ("[[sources]]\nid = \"shop\"\nkeys = [\"env:SHOP_KEY\"]\norigins = [\"*\"]", "sources.shop.origins", "https://"),
            (
                "[[api_keys]]\nname = \"x\"\nkey = \"env:SHOP_KEY\"\nscopes = [\"all\"]\nid_space = \"shop\"",
                "api_keys.x.scopes",
                "portal-links",
            ),
            ("master_key = { fil = \"x\" }", "master_key", ""),
            ("listen = ", "TOML", ""),
        ];
        for (text, key, remedy) in cases {
            let said = read(text).unwrap_err().to_string();
            assert!(said.contains(key) && said.contains(remedy), "{text}: {said}");
            assert!(!said.contains("s3cret"), "{text}: {said}");
        }
    }

    #[test]
    fn a_fault_of_the_file_is_named_by_file_line_and_key() {
        for (text, place) in [
            ("bogus = 1", "regie.toml:1: `bogus`"),
            ("listen = \"127.0.0.1:1\"\n\nbogus = { bogus = 1 }", "regie.toml:3: `bogus`"),
            ("[[sources]]\nid = \"shop\"\nkeys = []\n\n[[sources]]\nid = \"web\"\nkey = []", "regie.toml:7: `sources.1.key`"),
            ("[[sources]]\nid = \"shop\"", "regie.toml:1: `sources.0.keys`"),
            ("data = \"x\"\nlisten = 7070", "regie.toml:2: `listen`"),
            ("data = \"x\"\nmaster_key = { fil = \"x\" }", "regie.toml:2: `master_key"),
            ("data = \"x\"\nlisten = ", "regie.toml:2: not readable as TOML"),
        ] {
            let said = read(text).unwrap_err().to_string();
            assert!(said.starts_with(place), "{text}: {said}");
        }
    }

    #[test]
    fn a_server_that_nobody_can_use_says_so() {
        let warnings = |text: &str| read(text).unwrap().warnings();
        let none = warnings("");
        assert_eq!(none.len(), 2, "{none:?}");
        assert!(none[0].contains("api_keys") && none[1].contains("sources"), "{none:?}");
        let source = "[[sources]]\nid = \"shop\"\nkeys = [\"env:SHOP_KEY\"]\n";
        assert!(warnings(source)[0].contains("api_keys"));
        let both = format!("{source}[[api_keys]]\nname = \"x\"\nkey = \"{HASH}\"\nscopes = []\nid_space = \"shop\"");
        assert!(warnings(&both).is_empty());
    }

    #[test]
    fn a_mail_server_is_read_and_never_trusted_with_open_mail() {
        let base =
            "base_url = \"https://mijn.winkel.example\"\n[mail]\nserver = \"smtp.winkel.example\"\nfrom = \"klanten@winkel.example\"\n";
        let mail = |rest: &str| read(&format!("{base}{rest}")).map(|config| config.mail.unwrap());
        let found = mail("").unwrap();
        assert_eq!((found.port, found.tls, found.credentials.is_some()), (465, mail::MailTls::Implicit, false));
        assert_eq!(mail("tls = \"starttls\"").unwrap().port, 587);
        let found = mail("user = \"shop\"\npassword = { env = \"SHOP_KEY\" }").unwrap();
        assert!(found.credentials.is_some() && !format!("{found:?}").contains("abc"));
        assert!(read("").unwrap().mail.is_none());
        for (rest, said) in [
            ("tls = \"none\"", "mail.tls"),
            ("user = \"shop\"", "mail.password"),
            ("password = { env = \"SHOP_KEY\" }", "mail.user"),
            ("user = \"shop\"\npassword = { env = \"NOWHERE\" }", "NOWHERE"),
            ("user = \"shop\"\npassword = { file = \"/nowhere/at/all\" }", "/nowhere/at/all"),
            ("user = \"shop\"\npassword = \"open sesame\"", "mail.password"),
            ("colour = 1", "regie.toml:5: `mail.colour` is no key of regie's"),
        ] {
            let error = mail(rest).unwrap_err().to_string();
            assert!(error.contains(said) && !error.contains("sesame"), "{rest}: {error}");
        }
        for (text, said) in [
            ("[mail]\nserver = \"smtp.winkel.example\"\nfrom = \"a@winkel.example\"", "base_url"),
            ("base_url = \"https://x.example\"\n[mail]\nserver = \"smtps://x\"\nfrom = \"a@winkel.example\"", "mail.server"),
            ("base_url = \"https://x.example\"\n[mail]\nserver = \"x\"\nfrom = \"The shop <a@winkel.example>\"", "mail.from"),
            ("base_url = \"https://x.example\"\n[mail]\nserver = \"x\"", "`mail.from` is missing"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
        let here = "base_url = \"http://127.0.0.1:7070\"\n[mail]\nserver = \"::1\"\ntls = \"none\"\nfrom = \"a@winkel.example\"";
        assert_eq!(read(here).unwrap().mail.unwrap().port, 25);
    }

    #[test]
    fn keys_are_held_to_the_policy() {
        let policy = Policy::parse(crate::BUILT_IN_POLICY).unwrap();
        let auth = |text: &str| read(text).unwrap().auth(&policy);
        assert!(auth("[[sources]]\nid = \"shop\"\nkeys = [\"env:SHOP_KEY\"]").is_ok());
        let said = auth("[[sources]]\nid = \"shpo\"\nkeys = [\"env:SHOP_KEY\"]").unwrap_err().to_string();
        assert!(said.contains("`shpo`") && said.contains("shop"), "{said}");
    }

    #[test]
    fn a_reachable_server_keeps_its_master_key_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let (data, key) = (dir.path().join("data"), dir.path().join("the.key"));
        let config = |listen: &str, rest: &str| {
            let text = format!("listen = \"{listen}\"\nbase_url = \"https://x.example\"\ndata = {data:?}\n{rest}");
            Config::read(&text, "regie.toml", dir.path(), |_| None).unwrap()
        };
        std::fs::write(&key, "0f".repeat(32)).unwrap();
        let elsewhere = format!("master_key = {{ file = {key:?} }}");
        assert!(config("0.0.0.0:1", "").master_key().unwrap_err().to_string().contains("openssl rand"));
        assert!(config("0.0.0.0:1", &elsewhere).master_key().is_ok());

        let made = config("127.0.0.1:1", "").master_key().unwrap();
        assert_eq!(config("[::1]:1", "").master_key().unwrap(), made, "found again");
        for rest in ["", &elsewhere, "master_key = { file = \"data/master.key\" }"] {
            assert!(config("0.0.0.0:1", rest).master_key().is_err(), "{rest}");
        }
    }
}
