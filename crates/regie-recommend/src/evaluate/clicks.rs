//! Click files: `SessionId<TAB>ItemId<TAB>Time`, a header first, in any order.
//!
//! Fed line by line, so that the caller streams, unpacks and shows progress. Events of one session are put in order of time,
//! those of the same time in order of the file. Ids may be anything ([`super::key_of`]); the same event twice is two events.
//!
//! Invariant: [`ClickReader::finish`] gives sessions in order of (start, key), none of them empty. Left out: opening files.

use super::{EVENTS_MAX, Problem, ReadError, content, key_of, time_of};

/// One session of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Clicks {
    pub key: u64,
    /// Unix seconds of the first event.
    pub start: u32,
    /// Keys of the items in order of event, repeats included.
    pub items: Vec<u64>,
}

const HEADER: &str = "SessionId\tItemId\tTime";

/// Takes a file line by line.
#[derive(Clone, Debug, Default)]
pub struct ClickReader {
    line: usize,
    events: Vec<Event>,
}

#[derive(Clone, Copy, Debug)]
struct Event {
    session: u64,
    time: f64,
    item: u64,
}

impl ClickReader {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next line, with or without its end. The first must be the header, in any case; empty lines are skipped.
    ///
    /// # Errors
    /// What is wrong with it, with its number.
    pub fn line(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        self.line += 1;
        self.read(bytes).map_err(|problem| ReadError::at(self.line, problem))
    }

    fn read(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let Some(text) = content(self.line, bytes, HEADER)? else { return Ok(()) };
        let found = text.split('\t').count();
        let mut fields = text.split('\t').map(str::trim);
        let (Some(session), Some(item), Some(time), 3) = (fields.next(), fields.next(), fields.next(), found) else {
            return Err(Problem::Fields { expected: 3, found });
        };
        for (name, field) in [("SessionId", session), ("ItemId", item), ("Time", time)] {
            if field.is_empty() {
                return Err(Problem::EmptyField { name });
            }
        }
        if self.events.len() >= EVENTS_MAX {
            return Err(Problem::TooManyEvents { limit: EVENTS_MAX });
        }
        self.events.push(Event { session: key_of(session), time: time_of(time)?, item: key_of(item) });
        Ok(())
    }

    /// Events read so far.
    #[must_use]
    pub fn events(&self) -> usize {
        self.events.len()
    }

    /// The sessions.
    ///
    /// # Errors
    /// There was not even a header.
    pub fn finish(mut self) -> Result<Vec<Clicks>, ReadError> {
        if self.line == 0 {
            return Err(ReadError::at(0, Problem::Empty));
        }
        // Stable: of the same moment, the order of the file.
        self.events.sort_by(|a, b| a.session.cmp(&b.session).then(a.time.total_cmp(&b.time)));
        let mut sessions: Vec<Clicks> = Vec::new();
        for event in self.events {
            match sessions.last_mut().filter(|last| last.key == event.session) {
                Some(session) => session.items.push(event.item),
                None => {
                    #[expect(clippy::cast_possible_truncation, reason = "checked when read")]
                    #[expect(clippy::cast_sign_loss, reason = "checked when read")]
                    let start = event.time as u32;
                    sessions.push(Clicks { key: event.session, start, items: vec![event.item] });
                }
            }
        }
        sessions.sort_by_key(|session| (session.start, session.key));
        Ok(sessions)
    }
}

/// A whole file.
///
/// # Errors
/// The first line that is wrong.
pub fn read(bytes: &[u8]) -> Result<Vec<Clicks>, ReadError> {
    let mut reader = ClickReader::new();
    if !bytes.is_empty() {
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        text.split(|&byte| byte == b'\n').try_for_each(|line| reader.line(line))?;
    }
    reader.finish()
}

/// Leaves out the sessions of more events than the 99.5th percentile, as VMIS-kNN does: they are robots and shared tills.
/// Returns that length.
pub fn leave_out_longest(sessions: &mut Vec<Clicks>) -> usize {
    let mut lengths: Vec<usize> = sessions.iter().map(|session| session.items.len()).collect();
    if lengths.is_empty() {
        return 0;
    }
    let at = lengths.len() * 995 / 1000;
    let longest = *lengths.select_nth_unstable(at).1;
    sessions.retain(|session| session.items.len() <= longest);
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sessions_by_time_whatever_the_order() {
        let file = "sessionid\tItemId\tTIME\r\n2\t9\t50\r\n1\t7\t30.5\r\n\r\n1\t8\t30.25\n2\tx\t50\n";
        let sessions = read(file.as_bytes()).unwrap();
        let expected = [Clicks { key: 1, start: 30, items: vec![8, 7] }, Clicks { key: 2, start: 50, items: vec![9, key_of("x")] }];
        assert_eq!(sessions, expected);
        assert_eq!(read(b"SessionId\tItemId\tTime").unwrap(), []);
    }

    #[test]
    fn the_same_event_twice_is_two_events() {
        let sessions = read(b"SessionId\tItemId\tTime\n1\t7\t30\n1\t7\t30\n").unwrap();
        assert_eq!(sessions[0].items, [7, 7]);
    }

    #[test]
    fn a_wrong_line_is_named() {
        let cases: [(&[u8], usize, &str); 9] = [
            (b"", 0, "file_empty"),
            (b"1\t2\t3\n", 1, "header_unknown"),
            (b"SessionId\tItemId\tTime\n1\t2\n", 2, "fields_missing"),
            (b"SessionId\tItemId\tTime\n1\t2\t3\t4\n", 2, "fields_missing"),
            (b"SessionId\tItemId\tTime\n1\t2\t3\n1\t\t3\n", 3, "field_empty"),
            (b"SessionId\tItemId\tTime\n1\t2\tNaN\n", 2, "time_unreadable"),
            (b"SessionId\tItemId\tTime\n1\t2\t-1\n", 2, "time_unreadable"),
            (b"SessionId\tItemId\tTime\n1\t2\t1396860669277\n", 2, "time_in_milliseconds"),
            (b"SessionId\tItemId\tTime\n1\t\xff\t3\n", 2, "not_utf8"),
        ];
        for (file, line, code) in cases {
            let error = read(file).unwrap_err();
            assert_eq!((error.line, error.code()), (line, code));
            assert!(error.to_string().len() > 20);
        }
        let long = [b"SessionId\tItemId\tTime\n".as_slice(), &[b'1'; super::super::LINE_BYTES_MAX + 1]].concat();
        assert_eq!(read(&long).unwrap_err().code(), "line_too_long");
    }

    #[test]
    fn the_longest_are_left_out() {
        let mut sessions: Vec<Clicks> =
            (1..=1_000).map(|len| Clicks { key: len, start: 0, items: vec![1; len.try_into().unwrap()] }).collect();
        assert_eq!(leave_out_longest(&mut sessions), 996);
        assert_eq!(sessions.len(), 996);
        assert_eq!(leave_out_longest(&mut Vec::new()), 0);
    }

    proptest! {
        #[test]
        fn no_input_brings_it_down(bytes in prop::collection::vec(any::<u8>(), 0..200), good in "[0-9]{1,3}\t[a-z0-9]{1,3}\t[0-9]{1,4}") {
            let _ = read(&bytes);
            let file = [b"SessionId\tItemId\tTime\n", good.as_bytes(), b"\n", &bytes].concat();
            if let Ok(sessions) = read(&file) {
                prop_assert!(sessions.iter().all(|session| !session.items.is_empty()));
            }
        }
    }
}
