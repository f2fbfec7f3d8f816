//! An open loop over HTTP/1.1: requests fall due by a clock, whether or not earlier ones were answered, and each one's time
//! counts from the moment when it was due. So a server that stalls cannot make its own figures look better.
//!
//! One blocking thread a connection: the kernel's timers wake threads within a tenth of a millisecond, a runtime's within one.
//! Left out: everything of HTTP that a benchmark does not need (redirects, chunked answers, TLS).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::Times;

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Connections kept open.
    pub(super) connections: u32,
    /// Requests that fall due each second; `None`: the next one as soon as the last is answered.
    pub(super) per_second: Option<f64>,
    /// For so long.
    pub(super) seconds: u64,
}

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// From due until answered, of those answered well.
    pub(super) times: Times,
    /// Answered with 2xx.
    pub(super) done: u64,
    /// Told to come back later.
    pub(super) overloaded: u64,
    /// Anything else.
    pub(super) failed: u64,
    /// From the first due until the last answer.
    pub(super) took: Duration,
}

impl Answers {
    /// One more answer.
    pub(super) fn note(&mut self, status: u16, time: Duration) {
        match status {
            200..=299 => {
                self.done += 1;
                self.times.push(time);
            }
            429 | 503 => self.overloaded += 1,
            _ => self.failed += 1,
        }
    }

    /// All of another's.
    pub(super) fn add(&mut self, other: Answers) {
        self.times.extend(other.times);
        self.done += other.done;
        self.overloaded += other.overloaded;
        self.failed += other.failed;
        self.took += other.took;
    }
}

/// Drives the load; `write` makes the `i`th request's bytes into the buffer.
///
/// # Errors
/// A connection that could not be made, or broke.
pub(super) fn drive(address: SocketAddr, load: Load, write: impl Fn(u64, &mut Vec<u8>) + Sync) -> std::io::Result<Answers> {
    let next = AtomicU64::new(0);
    let began = Instant::now();
    let ends = began + Duration::from_secs(load.seconds);
    let all: Vec<std::io::Result<Answers>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..load.connections).map(|_| scope.spawn(|| connection(address, load, &next, (began, ends), &write))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(std::io::Error::other("a connection's thread is gone"))))
            .collect()
    });
    let mut sum = Answers::default();
    for one in all {
        sum.add(one?);
    }
    sum.took = began.elapsed();
    Ok(sum)
}

fn connection(
    address: SocketAddr,
    load: Load,
    next: &AtomicU64,
    (began, ends): (Instant, Instant),
    write: &(impl Fn(u64, &mut Vec<u8>) + Sync),
) -> std::io::Result<Answers> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut answers = Answers::default();
    let mut reader = BufReader::with_capacity(64 * 1024, stream.try_clone()?);
    let (mut stream, mut request, mut body) = (stream, Vec::new(), Vec::new());
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        request.clear();
        write(number, &mut request);
        let due = match load.per_second {
            #[expect(clippy::cast_precision_loss, reason = "millions of requests at most")]
            Some(rate) => began + Duration::from_secs_f64(number as f64 / rate),
            None => Instant::now(),
        };
        if due >= ends {
            return Ok(answers);
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        stream.write_all(&request)?;
        let (status, _) = answer(&mut reader, &mut body)?;
        answers.note(status, due.elapsed());
    }
}

/// Reads one answer: its status, and its body to the end, of which it tells the length.
pub(super) fn answer(reader: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> std::io::Result<(u16, u64)> {
    let broken = |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_owned());
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).ok_or_else(|| broken("not an answer"))?;
    let mut length = None;
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(broken("the server hung up"));
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let length = if status == 204 { 0 } else { length.ok_or_else(|| broken("an answer without a length"))? };
    body.resize(length, 0);
    reader.read_exact(body)?;
    Ok((status, length as u64))
}
