//! `[mail]`: the server that mails to customers go through. Without the section none are sent, and no page offers one.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use lettre::Address;
use lettre::transport::smtp::authentication::Credentials;
use serde::{Deserialize, Serialize};

use super::{ConfigError, unusable};

/// A mail server, and who writes.
#[derive(Debug, Clone)]
pub struct MailServer {
    /// Its name, which its certificate must bear.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the way there is encrypted.
    pub tls: MailTls,
    /// Who logs in there. Printing it shows nothing.
    pub credentials: Option<Credentials>,
    /// The address that mails come from.
    pub from: Address,
}

/// How the way to the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTls {
    /// From the first byte: port 465.
    #[default]
    Implicit,
    /// By STARTTLS, or nothing is sent: port 587.
    Starttls,
    /// Not at all: a server on this machine only, port 25.
    None,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    server: String,
    port: Option<u16>,
    #[serde(default)]
    tls: MailTls,
    user: Option<String>,
    password: Option<PasswordPlace>,
    from: String,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum PasswordPlace {
    File(PathBuf),
    Env(String),
}

impl Section {
    /// Checked, with the password read from where it is. Mails carry links, so others must be told where the server is.
    pub(super) fn read(
        self,
        folder: &Path,
        base_url: Option<&str>,
        variable: &impl Fn(&str) -> Option<String>,
    ) -> Result<MailServer, ConfigError> {
        if self.server.is_empty() || self.server.contains(['/', ':', '@', ' ']) && self.server.parse::<IpAddr>().is_err() {
            return Err(unusable("mail.server", "not the name of a server", "write for example \"smtp.winkel.example\""));
        }
        let is_here = self.server == "localhost" || self.server.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if self.tls == MailTls::None && !is_here {
            return Err(unusable(
                "mail.tls",
                "\"none\", and the mail server is not on this machine: everybody on the way could read the mails",
                "write \"implicit\" or \"starttls\"",
            ));
        }
        if base_url.is_none() {
            return Err(unusable(
                "base_url",
                "missing, and mails carry links",
                "say where customers find this server, such as base_url = \"https://mijn.winkel.example\"",
            ));
        }
        let from = self.from.parse().map_err(|_| {
            unusable("mail.from", "not an address", "write for example \"klanten@winkel.example\"; the name comes from the policy")
        })?;
        let credentials = match (self.user, self.password) {
            (Some(user), Some(place)) => Some(Credentials::new(user, password(folder, place, variable)?)),
            (None, None) => None,
            (Some(_), None) => {
                return Err(unusable("mail.password", "missing beside `user`", "write { file = \"…\" } or { env = \"…\" }"));
            }
            (None, Some(_)) => return Err(unusable("mail.user", "missing beside `password`", "write who logs in, or leave both out")),
        };
        let port = self.port.unwrap_or(match self.tls {
            MailTls::Implicit => 465,
            MailTls::Starttls => 587,
            MailTls::None => 25,
        });
        Ok(MailServer { server: self.server, port, tls: self.tls, credentials, from })
    }
}

fn password(folder: &Path, place: PasswordPlace, variable: &impl Fn(&str) -> Option<String>) -> Result<String, ConfigError> {
    let found = match place {
        PasswordPlace::File(file) => {
            let file = folder.join(file);
            std::fs::read_to_string(&file).map_err(|error| ConfigError::Unreadable { file, error })?
        }
        PasswordPlace::Env(name) => variable(&name)
            .ok_or_else(|| unusable("mail.password", format!("the environment variable {name} is not set"), "set it to the password"))?,
    };
    let found = found.trim_end_matches(['\r', '\n']).to_owned();
    if found.is_empty() { Err(unusable("mail.password", "empty", "write the password there")) } else { Ok(found) }
}
