//! The rooms of *Mijn gegevens*, in the order of the page's head. A new room is a line here and a message `room-…`.

use crate::http::pages::frame::RoomLink;
use crate::http::pages::words::Words;

/// Path and message of each.
const ROOMS: [(&str, &str); 6] = [
    ("/mijn", "room-overview"),
    ("/mijn/informatie", "room-information"),
    ("/mijn/waarheen", "room-flow"),
    ("/mijn/tijdlijn", "room-timeline"),
    ("/mijn/verschil", "room-difference"),
    ("/mijn/bewijs", "room-proof"),
];

/// Pages before the rooms are entered, or after they are left.
const OUTSIDE: [&str; 4] = ["/mijn/link/", "/mijn/uitgelogd", "/mijn/gewist", "/mijn/meenemen"];

/// The rooms, seen from a path; none from outside *Mijn gegevens*.
pub(crate) fn rooms(t: Words, path: &str) -> Vec<RoomLink> {
    if !path.starts_with("/mijn") || OUTSIDE.iter().any(|outside| path.starts_with(outside)) {
        return Vec::new();
    }
    let current = |room: &str| path == room || (room != "/mijn" && path.strip_prefix(room).is_some_and(|rest| rest.starts_with('/')));
    ROOMS.iter().map(|&(room, name)| RoomLink { path: room, name: t.get(name), current: current(room) }).collect()
}
