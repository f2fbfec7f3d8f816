//! The way to the mail server: one connection that is kept open for a while, and what a try to send came to.

use std::time::Duration;

use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{AsyncSmtpTransportBuilder, Error, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::config::mail::{MailServer, MailTls};

/// How long connecting, and asking whether the server is there, may take.
const REACH_MAX: Duration = Duration::from_secs(30);
/// How long handing over one mail may take. RFC 5321 would have a client wait ten minutes for the last word.
const SEND_MAX: Duration = Duration::from_secs(120);
/// How long a connection is kept open that nobody uses.
const IDLE_MAX: Duration = Duration::from_secs(20);

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// A mail server.
#[derive(Debug)]
pub struct Post {
    server: AsyncSmtpTransportBuilder,
    transport: Transport,
    /// The address that mails come from.
    pub(super) from: Address,
}

/// What a try to send came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handed {
    /// The server took it.
    Over,
    /// The server said no for good, with this code.
    Refused(u16),
    /// The server said not now, with this code.
    Later(u16),
    /// It may or may not have taken it.
    Unknown,
}

impl Post {
    /// The way to this server. Must be called inside tokio. Nothing is sent yet.
    ///
    /// # Errors
    /// The server's name is none that a certificate can bear.
    pub fn new(to: &MailServer) -> Result<Post, Error> {
        let tls = match to.tls {
            MailTls::Implicit => Tls::Wrapper(TlsParameters::new(to.server.clone())?),
            MailTls::Starttls => Tls::Required(TlsParameters::new(to.server.clone())?),
            MailTls::None => Tls::None,
        };
        let mut server = Transport::builder_dangerous(&to.server)
            .port(to.port)
            .tls(tls)
            .timeout(Some(REACH_MAX))
            .hello_name(ClientId::Domain(to.from.domain().to_owned()))
            .pool_config(PoolConfig::new().max_size(1).idle_timeout(IDLE_MAX));
        if let Some(credentials) = &to.credentials {
            server = server.credentials(credentials.clone());
        }
        Ok(Post { transport: server.clone().build(), server, from: to.from.clone() })
    }

    /// Is the server there, and does it let us in? If not, nothing was sent, and `Some` code is what it said.
    pub(super) async fn reach(&mut self) -> Result<(), Option<u16>> {
        match tokio::time::timeout(REACH_MAX, self.transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(None),
            Ok(Err(e)) => Err(e.status().map(Into::into)),
            Err(_) => {
                self.begin_anew();
                Err(None)
            }
        }
    }

    /// Hands one mail over.
    pub(super) async fn send(&mut self, message: Message) -> Handed {
        match tokio::time::timeout(SEND_MAX, self.transport.send(message)).await {
            Ok(Ok(_)) => Handed::Over,
            Ok(Err(e)) => match e.status().map(u16::from) {
                Some(code) if e.is_permanent() => Handed::Refused(code),
                Some(code) => Handed::Later(code),
                // Said by lettre before anything was sent: the server cannot take such a mail at all.
                None if e.is_client() => Handed::Refused(0),
                None => Handed::Unknown,
            },
            Err(_) => {
                self.begin_anew();
                Handed::Unknown
            }
        }
    }

    /// A connection that was left in the middle of a word must not be used again: the next answer would be the last question's.
    fn begin_anew(&mut self) {
        self.transport = self.server.clone().build();
    }
}
