//! Any bytes are a click file or are refused with a line; what is read is as promised, and can be learned and asked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regie_recommend::Parameters;
use regie_recommend::evaluate::clicks::{leave_out_longest, read};
use regie_recommend::evaluate::report::Evaluation;

fuzz_target!(|bytes: &[u8]| {
    // Half of the inputs get their header for nothing.
    let with_header = [b"SessionId\tItemId\tTime\n", bytes].concat();
    for file in [bytes, &with_header] {
        match read(file) {
            Ok(mut sessions) => {
                assert!(sessions.iter().all(|session| !session.items.is_empty()));
                assert!(sessions.is_sorted_by_key(|session| (session.start, session.key)));
                leave_out_longest(&mut sessions);
                let evaluation = Evaluation::new(&sessions, &sessions, Parameters::default(), || 0).unwrap();
                assert_eq!(evaluation.model().len(), sessions.len());
                assert_eq!(evaluation.run(20, || 0, |_| {}).predictions, evaluation.predictions());
            }
            Err(error) => {
                assert!(!error.to_string().is_empty() && error.line <= file.split(|&byte| byte == b'\n').count());
            }
        }
    }
});
