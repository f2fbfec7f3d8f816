//! A closed loop over HTTP/1.1: each connection sends its next request as soon as the last is answered, so the server is never idle.
//!
//! All connections on one thread, requests made beforehand, answers looked at for status and length only: what is measured shares
//! the machine with what measures. Left out: as in [`open_loop`](super::open_loop).

use std::cell::Cell;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};

use super::open_loop::Answers;

/// The longest answer that is understood.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Drives so many connections for so long, with these requests in turn.
///
/// # Errors
/// A connection that could not be made, or broke.
pub(super) fn drive(address: SocketAddr, connections: u32, lasts: Duration, requests: &Arc<[Vec<u8>]>) -> std::io::Result<Answers> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let began = Instant::now();
    let all = LocalSet::new().block_on(&runtime, async {
        let next = Rc::new(Cell::new(0));
        let mut tasks = JoinSet::new();
        for _ in 0..connections {
            tasks.spawn_local(connection(address, began + lasts, next.clone(), requests.clone()));
        }
        tasks.join_all().await
    });
    let mut sum = Answers::default();
    for one in all {
        sum.add(one?);
    }
    sum.took = began.elapsed();
    Ok(sum)
}

async fn connection(address: SocketAddr, ends: Instant, next: Rc<Cell<usize>>, requests: Arc<[Vec<u8>]>) -> std::io::Result<Answers> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut answers = Answers::default();
    let mut buffer = vec![0; ANSWER_BYTES_MAX];
    loop {
        let sent = Instant::now();
        if sent >= ends {
            return Ok(answers);
        }
        let number = next.replace(next.get() + 1);
        let mut request = requests[number % requests.len()].as_slice();
        while !request.is_empty() {
            match stream.try_write(request) {
                Ok(written) => request = &request[written..],
                Err(e) if e.kind() == ErrorKind::WouldBlock => stream.writable().await?,
                Err(e) => return Err(e),
            }
        }
        let mut filled = 0;
        let status = loop {
            stream.readable().await?;
            match stream.try_read(&mut buffer[filled..]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => filled += read,
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
            if let Some(status) = whole(&buffer[..filled]) {
                break status;
            }
        };
        answers.note(status, sent.elapsed());
    }
}

/// The status, once head and body are there. Understands what hyper writes.
fn whole(answer: &[u8]) -> Option<u16> {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&answer[..head]).ok()?;
    let status = text.get(9..12)?.parse().ok()?;
    let length = text.split_once("content-length: ").map_or("0", |(_, rest)| rest.split("\r\n").next().unwrap_or_default());
    let length: usize = length.parse().ok()?;
    (answer.len() >= head + 4 + length).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_its_last_byte() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ndate: now\r\n\r\nabc";
        assert_eq!(whole(answer), Some(200));
        assert!((0..answer.len()).all(|end| whole(&answer[..end]).is_none()));
        assert_eq!(whole(b"HTTP/1.1 204 No Content\r\ndate: now\r\n\r\n"), Some(204));
    }
}
